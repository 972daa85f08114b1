import { statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The Chromium of the system, or the one that Playwright has downloaded. undefined: there is none. */
function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, chromium.executablePath()].find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/**
 * Starts a browser without a window.
 *
 * @returns undefined: there is none; the remedy is printed.
 */
export async function launch(): Promise<Browser | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    console.error(
      'There is no Chromium. Install it: apt-get install chromium, or npx playwright-core install chromium',
    );
    return undefined;
  }
  return chromium.launch({ executablePath });
}
