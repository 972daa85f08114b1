// npm run docs:look [-- PATTERN...]: builds the site and takes a picture of each page with a PATTERN in its path, at
// 400 and at 1280 pixels. The pictures are in .cache/docs.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../build.mjs';
import { ROOT } from '../paths.mjs';
import { pagesOf } from './check-site.mjs';
import { launch } from './launch.mjs';
import { serve } from './serve.mjs';
import { WIDTHS } from './visit.mjs';

const { values, positionals } = parseArgs({
  options: { dark: { type: 'boolean', default: false }, height: { type: 'string', default: '900' } },
  allowPositionals: true,
});
const site = join(ROOT, 'site');
const out = join(ROOT, '.cache', 'docs');

const browser = await launch();
if (browser === undefined) {
  process.exitCode = 2;
} else {
  await build(ROOT, site);
  const { origin, close } = await serve(site);
  const pages = pagesOf(site).filter(
    (path) => positionals.length === 0 || positionals.some((part) => path.includes(part)),
  );
  for (const width of WIDTHS) {
    const viewport = { width, height: Number(values.height) };
    const tab = await browser.newPage({ viewport, colorScheme: values.dark ? 'dark' : 'light' });
    for (const path of pages) {
      await tab.goto(`${origin}/${path}`);
      const picture = join(out, `${path.replace(/\.html$/, '')}-${width}.png`);
      mkdirSync(dirname(picture), { recursive: true });
      await tab.screenshot({ path: picture });
      console.log(picture);
    }
  }
  close();
  await browser.close();
}
