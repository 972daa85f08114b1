// fs.fdatasyncSync, then fs.fdatasync, each after a write of one page; the write is not timed. Then fs.fdatasync in
// several files at once, after stores into mappings. Arguments: FILE PAGES COUNT COUNT-AT-ONCE OTHER-FILE...
import fs from 'node:fs';
import { promisify } from 'node:util';
import { flushTimeAtOnce } from '../files-at-once.js';
import { measureBlocking } from '../loop-blocking.js';
import { medianOf } from '../statistics.js';
import { argument, nanoseconds, numericArgument, printFigures } from '../trial.js';

const PAGE = 4096;
const fd = fs.openSync(argument(0), 'r+');
const pages = numericArgument(1);
const count = numericArgument(2);
const page = Buffer.alloc(PAGE);
const fdatasync = promisify(fs.fdatasync);

function writePage(index: number): void {
  fs.writeSync(fd, page.fill(index), 0, PAGE, (index % pages) * PAGE);
}

async function main(): Promise<void> {
  const sync = medianOf(count, (index) => {
    writePage(index);
    return nanoseconds(() => fs.fdatasyncSync(fd));
  });
  const asynchronous = await measureBlocking(count, (index) => {
    writePage(index);
    return () => fdatasync(fd);
  });
  const atOnce = await flushTimeAtOnce(process.argv.slice(6), numericArgument(3), (file) => fdatasync(file.fd));
  printFigures({ sync, ...asynchronous, atOnce });
}

void main();
