import fs from 'node:fs';
import type { Mapping } from '../lib/index.js';
import { mapAs } from './granularity.js';

const PAGE = 4096;

/** A file that is mapped, and open besides. */
interface MappedFile {
  readonly mapping: Mapping;
  readonly fd: number;
}

/** Makes the stores durable that lie in the page at `offset`. */
type Flush = (file: MappedFile, offset: number) => Promise<void>;

/** Makes one page after the other dirty, and flushes each before the next one. */
async function flushPages(file: MappedFile, count: number, flush: Flush): Promise<void> {
  const { buffer } = file.mapping;
  for (let index = 0; index < count; index++) {
    const offset = (index * PAGE) % buffer.length;
    buffer[offset] = (buffer[offset] ?? 0) + 1;
    await flush(file, offset);
  }
}

/** Nanoseconds per flush of a page, with one flush in flight for each file. The first pass compiles the code. */
export async function flushTimeAtOnce(paths: readonly string[], count: number, flush: Flush): Promise<number> {
  const files = paths.map((path) => ({ mapping: mapAs('page', path), fd: fs.openSync(path, 'r+') }));
  const pass = (): Promise<unknown> => Promise.all(files.map((file) => flushPages(file, count, flush)));
  await pass();
  const start = process.hrtime.bigint();
  await pass();
  return Number(process.hrtime.bigint() - start) / (count * files.length);
}
