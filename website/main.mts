// npm run docs [-- --out FOLDER]: builds the site of the documents and of the API reference. Default: site/.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { ROOT } from './paths.mjs';

const { values } = parseArgs({ options: { out: { type: 'string', default: join(ROOT, 'site') } } });
const out = resolve(values.out);
const { pages, dead } = await build(ROOT, out);
for (const link of dead) console.error(`dead link: ${link}`);
console.log(`${pages} pages: ${pathToFileURL(join(out, 'index.html')).href}`);
process.exitCode = dead.length === 0 ? 0 : 1;
