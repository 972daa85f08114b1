import fs from 'node:fs';

const PAGE = 4096;

/**
 * A file with every block written and on the disk. A page at a time: what is written in large chunks lies in the page cache
 * as large folios, and then an msync of one dirty page writes all of its folio, up to a megabyte.
 */
export function writeInPages(file: string, pages: number): void {
  const page = Buffer.alloc(PAGE, 1);
  const fd = fs.openSync(file, 'wx');
  try {
    for (let i = 0; i < pages; i++) fs.writeSync(fd, page);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
