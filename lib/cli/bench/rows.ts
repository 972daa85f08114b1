import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';
import { map } from '../../index.js';
import type { BenchFile } from './file.js';
import type { BenchRow } from './measure.js';

const PAGE = 4096;
const CHUNK = 65536;
const AT_ONCE = 8;
const RECORD = 64;

/** Random multiples of `unit` bytes below `size`: each call returns the next one. */
function randomOffsets(size: number, unit: number): () => number {
  const places = Math.floor(size / unit);
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647; // Lehmer
    return (state % places) * unit;
  };
}

/** Multiples of `unit` bytes from 0 on, and again from 0 at the end. */
function nextOffsets(size: number, unit: number): () => number {
  let next = 0;
  return () => {
    const offset = next;
    next = offset + 2 * unit <= size ? offset + unit : 0;
    return offset;
  };
}

function wordsOf(bytes: Buffer): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

// The results of all reads, or the compiler could leave the reads out.
const kept = new Int32Array(1);

function keep(value: number): void {
  kept[0] = (kept[0] ?? 0) ^ value;
}

function sum(words: Int32Array, from: number, count: number): void {
  let total = 0;
  for (let at = from; at < from + count; at++) total = (total + (words[at] ?? 0)) | 0;
  keep(total);
}

/** Both ways add up the words of the record: in place, or in the buffer that it was read into. */
function randomReads({ view, handle: { fd } }: BenchFile, name: string, bytes: number): BenchRow {
  const next = randomOffsets(view.length, bytes);
  const [mapped, buffer] = [wordsOf(view), Buffer.alloc(bytes)];
  const read = wordsOf(buffer);
  return {
    name,
    ours: {
      name: 'view',
      run(count) {
        for (let i = 0; i < count; i++) sum(mapped, next() >> 2, bytes >> 2);
      },
    },
    other: {
      name: 'fs.readSync',
      run(count) {
        for (let i = 0; i < count; i++) {
          readSync(fd, buffer, 0, bytes, next());
          sum(read, 0, bytes >> 2);
        }
      },
    },
  };
}

/** A chunk is one operation, and the next one follows it in the file. */
function scan({ view, handle: { fd } }: BenchFile): BenchRow {
  const [mapped, buffer] = [wordsOf(view), Buffer.alloc(CHUNK)];
  const read = wordsOf(buffer);
  const next = nextOffsets(view.length, CHUNK);
  return {
    name: 'scan, for each 64 KiB',
    ours: {
      name: 'view',
      run(count) {
        for (let i = 0; i < count; i++) sum(mapped, next() >> 2, CHUNK >> 2);
      },
    },
    other: {
      name: 'fs.readSync',
      run(count) {
        for (let i = 0; i < count; i++) {
          readSync(fd, buffer, 0, CHUNK, next());
          sum(read, 0, CHUNK >> 2);
        }
      },
    },
  };
}

function durableWrites(
  { view, mapping, handle: { fd } }: BenchFile,
  name: string,
  bytes: number,
  next: () => number,
): BenchRow {
  const record = Buffer.alloc(bytes);
  let written = 0;
  return {
    name,
    ours: {
      name: 'persist()',
      run(count) {
        for (let i = 0; i < count; i++) {
          const offset = next();
          view.set(record.fill(written++), offset);
          mapping.persist(offset, bytes);
        }
      },
    },
    other: {
      name: 'fs.fdatasyncSync',
      run(count) {
        for (let i = 0; i < count; i++) {
          writeSync(fd, record.fill(written++), 0, bytes, next());
          fdatasyncSync(fd);
        }
      },
    },
  };
}

/** `count` operations, {@link AT_ONCE} of them at any time. */
async function inFlight(count: number, operation: () => Promise<unknown>): Promise<void> {
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun++ < count) await operation();
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, lane));
}

function durableAtOnce({ view, mapping, handle }: BenchFile): BenchRow {
  const next = nextOffsets(view.length, RECORD);
  const record = Buffer.alloc(RECORD);
  let written = 0;
  return {
    name: `durable append of ${RECORD} B, ${AT_ONCE} in flight`,
    ours: {
      name: 'persistAsync()',
      run: (count) =>
        inFlight(count, () => {
          const offset = next();
          view.set(record.fill(written++), offset);
          return mapping.persistAsync(offset, RECORD);
        }),
    },
    other: {
      name: 'handle.datasync',
      run: (count) =>
        inFlight(count, async () => {
          await handle.write(record.fill(written++), 0, RECORD, next());
          await handle.datasync();
        }),
    },
  };
}

/** The first bytes of a file that is not open. Ours pays for the safety of close() while a view is in use. */
function firstBytes({ path }: BenchFile): BenchRow {
  const buffer = Buffer.alloc(RECORD);
  return {
    name: `open, read ${RECORD} B, close`,
    // A view that is closed keeps an area of memory until garbage collection.
    most: 500,
    ours: {
      name: 'map()',
      run(count) {
        for (let i = 0; i < count; i++) {
          const mapping = map(path, { access: 'read', length: PAGE });
          keep(mapping.view(0, RECORD)[0] ?? 0);
          mapping.close();
        }
      },
    },
    other: {
      name: 'fs.openSync',
      run(count) {
        for (let i = 0; i < count; i++) {
          const fd = openSync(path, 'r');
          readSync(fd, buffer, 0, RECORD, 0);
          keep(buffer[0] ?? 0);
          closeSync(fd);
        }
      },
    },
  };
}

export function benchRows(file: BenchFile): BenchRow[] {
  return [
    randomReads(file, 'random read of 64 B', RECORD),
    randomReads(file, 'random read of 4 KiB', PAGE),
    scan(file),
    durableWrites(file, 'durable append of 64 B', RECORD, nextOffsets(file.view.length, RECORD)),
    durableWrites(file, 'durable write of 4 KiB', PAGE, randomOffsets(file.view.length, PAGE)),
    durableAtOnce(file),
    firstBytes(file),
  ];
}
