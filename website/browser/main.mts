// npm run docs:test: builds the site and opens each page in a browser, at 400 and at 1280 pixels. Prints the faults,
// and at the end "N passed, N failed, N skipped". Exit code 2: there is no browser.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { build } from '../build.mjs';
import { ROOT } from '../paths.mjs';
import { checkChecks } from './check-checks.mjs';
import { checkSite } from './check-site.mjs';
import { checkUse } from './check-use.mjs';
import { launch } from './launch.mjs';

/** @returns The exit code. */
async function check(browser: Browser, site: string): Promise<number> {
  const { dead } = await build(ROOT, site);
  const { visits, faults } = await checkSite(browser, site);
  const single = [...(await checkUse(browser, site)), ...(await checkChecks(browser))];
  const failed = [
    ...dead.map((link) => `the file of a link is missing: ${link}`),
    ...faults.map(({ path, fault }) => `${path}: ${fault}`),
    ...single.flatMap(({ name, fault }) => (fault === undefined ? [] : [`${name}: ${fault}`])),
  ];
  for (const line of failed) console.error(line);
  const faultyVisits = new Set(faults.map(({ path }) => path)).size;
  const passed = visits - faultyVisits + single.filter(({ fault }) => fault === undefined).length;
  console.log(`${passed} passed, ${failed.length} failed, 0 skipped`);
  return failed.length === 0 && passed > 0 ? 0 : 1;
}

const browser = await launch();
if (browser === undefined) {
  process.exitCode = 2;
} else {
  const site = mkdtempSync(join(tmpdir(), 'mapdirect-docs-'));
  try {
    process.exitCode = await check(browser, site);
  } finally {
    await browser.close();
    rmSync(site, { recursive: true, force: true });
  }
}
