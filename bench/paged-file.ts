import fs from 'node:fs';

const PAGE = 4096;

/**
 * Makes a file with every block written and on the disk. It writes one page at a time. Large writes would make large
 * folios in the page cache, and then an msync of one dirty page writes the whole folio, up to a megabyte.
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
