import type { Browser, Page } from 'playwright-core';
import type { Result } from './result.mjs';
import { serve } from './serve.mjs';

/** Uses of the site that a reader makes. Each throws if it fails. */
const uses: Readonly<Record<string, (tab: Page, origin: string) => Promise<void>>> = {
  'the search finds the heading of an error code': async (tab, origin) => {
    await tab.goto(`${origin}/docs/seals.html`);
    await tab.fill('#search', 'ERR_MAPPING_CLOSED');
    await tab.click('#found a[href$="#err_mapping_closed"]');
    await tab.waitForURL('**/docs/errors.html#err_mapping_closed');
  },
  'the search finds a function of the reference': async (tab, origin) => {
    await tab.goto(`${origin}/index.html`);
    await tab.fill('#search', 'persistAsync');
    await tab.click('#found a[href*="docs/api/mapdirect/classes/Mapping.html#persistasync"]');
    await tab.waitForURL('**/Mapping.html#persistasync');
  },
  'a code under "Throws" leads to its heading': async (tab, origin) => {
    await tab.goto(`${origin}/docs/api/mapdirect/functions/map.html`);
    await tab.click('main a[href$="errors.html#enoent"]');
    await tab.waitForURL('**/docs/errors.html#enoent');
  },
  'the colours follow the system': async (tab, origin) => {
    await tab.goto(`${origin}/index.html`);
    const ground = (): Promise<string> => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await tab.emulateMedia({ colorScheme: 'light' });
    const light = await ground();
    await tab.emulateMedia({ colorScheme: 'dark' });
    if ((await ground()) === light) throw new Error(`the ground is ${light} in both modes`);
  },
};

/** @param folder The site. */
export async function checkUse(browser: Browser, folder: string): Promise<Result[]> {
  const { origin, close } = await serve(folder);
  const results: Result[] = [];
  for (const [name, use] of Object.entries(uses)) {
    const tab = await browser.newPage({ viewport: { width: 400, height: 900 } });
    const fault = await use(tab, origin).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    results.push({ name, fault });
    await tab.close();
  }
  close();
  return results;
}
