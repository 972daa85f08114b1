import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { checkSite } from './check-site.mjs';
import type { Result } from './result.mjs';

const page = (inner: string): string =>
  `<!doctype html><title>A page</title><main><h1>A page</h1>${'text '.repeat(20)}${inner}</main>`;

/** Pages with one fault each, and the start of the sentence that must report it. */
const faulty: Readonly<Record<string, readonly [inner: string, sentence: string]>> = {
  'dead-page.html': ['<a href="missing.html">to</a>', 'a link is dead: /missing.html'],
  'dead-anchor.html': ['<a href="good.html#missing">to</a>', 'a link is dead: /good.html#missing'],
  'wide.html': ['<div style="width: 500px">wide</div>', 'it is '],
  'script.html': ['<script>missing()</script>', 'a script fails: missing is not defined'],
  'console.html': ['<script>console.error("bad")</script>', 'the console says: bad'],
  'picture.html': ['<img src="missing.png" alt="">', 'a picture is missing: '],
  'headings.html': ['<h1>Another</h1>', 'it has 2 headings of level 1'],
};

/** The checks see each fault that they are made for, and find none on a good page. */
export async function checkChecks(browser: Browser): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mapdirect-docs-'));
  try {
    writeFileSync(join(folder, 'good.html'), page('<a href="wide.html">to</a><a id="here" href="#here">to</a>'));
    for (const [name, [inner]] of Object.entries(faulty)) writeFileSync(join(folder, name), page(inner));
    const { faults } = await checkSite(browser, folder);
    const of = (name: string): string[] => faults.filter(({ path }) => path.startsWith(name)).map(({ fault }) => fault);
    const seen = Object.entries(faulty).map(([name, [, sentence]]) => ({
      name: `the fault of ${name} is seen`,
      fault: of(name).some((fault) => fault.startsWith(sentence)) ? undefined : `found: ${of(name).join('; ')}`,
    }));
    return [...seen, { name: 'a good page has no fault', fault: of('good.html')[0] }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
