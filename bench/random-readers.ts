import fs from 'node:fs';
import { map, type Advice, type Mapping } from '../lib/index.js';
import { BUFFER, buffersOf } from './buffers-of.js';
import { openLmdb } from './lmdb-database.js';

/** A way to read ranges of a file. */
export interface Reader {
  /** The memory with the bytes of the last read. */
  words: Int32Array;
  /** Reads a range. Returns the index of its first word in {@link words}. */
  readonly read?: (offset: number, length: number) => number;
  /** The same for a way that is asynchronous. */
  readonly readAsync?: (offset: number, length: number) => Promise<unknown>;
  /** Told the offsets of the next reads, before the first of them. */
  readonly announce?: (offsets: readonly number[], length: number) => void;
  close(): void;
}

interface Source {
  readonly file: string;
  /** The length of the ranges. */
  readonly size: number;
  /** Without the database of this size: the reader is not asked. */
  readonly database: string;
}

interface InPlace {
  readonly advice?: Advice;
  readonly populate?: boolean;
  readonly announce?: (mapping: Mapping, offsets: readonly number[], length: number) => void;
}

/**
 * Arrays of 1 GiB, and indices that are small integers for V8. An index into one array of 4 GiB is a floating-point
 * number, and a loop over its words takes twice the time.
 */
function inPlace({ file }: Source, { advice, populate = false, announce }: InPlace): Reader {
  const mapping = map(file, { access: 'read', advice });
  if (populate) mapping.populate();
  const parts = buffersOf(mapping).map(
    ({ buffer, byteOffset, length }) => new Int32Array(buffer, byteOffset, length / 4),
  );
  return {
    words: parts[0]!,
    read(offset) {
      this.words = parts[Math.floor(offset / BUFFER)]!;
      return ((offset % BUFFER) / 4) | 0;
    },
    announce: announce && ((offsets, length) => announce(mapping, offsets, length)),
    close: () => mapping.close(),
  };
}

function advise(mapping: Mapping, offsets: readonly number[], length: number): void {
  for (const offset of offsets) mapping.advise('willneed', offset, length);
}

function copied({ file, size }: Source): Reader {
  const mapping = map(file, { access: 'read' });
  mapping.populate();
  const buffers = buffersOf(mapping);
  const words = new Int32Array(size / 4);
  const target = Buffer.from(words.buffer);
  const read = (offset: number, length: number): number => {
    const start = offset % BUFFER;
    buffers[Math.floor(offset / BUFFER)]!.copy(target, 0, start, start + length);
    return 0;
  };
  return { words, read, close: () => mapping.close() };
}

function readSync({ file, size }: Source): Reader {
  const fd = fs.openSync(file, 'r');
  const words = new Int32Array(size / 4);
  const read = (offset: number, length: number): number => {
    fs.readSync(fd, words, 0, length, offset);
    return 0;
  };
  return { words, read, close: () => fs.closeSync(fd) };
}

async function promised({ file, size }: Source): Promise<Reader> {
  const handle = await fs.promises.open(file);
  const words = new Int32Array(size / 4);
  return {
    words,
    readAsync: (offset, length) => handle.read(words, 0, length, offset),
    close: () => void handle.close(),
  };
}

function lmdb({ database, size }: Source): Reader {
  const opened = openLmdb(database, { readOnly: true });
  const words = new Int32Array(size / 4);
  const target = new Uint8Array(words.buffer);
  const read = (offset: number, length: number): number => {
    target.set(opened.getBinary(offset / length)!);
    return 0;
  };
  return { words, read, close: () => void opened.close() };
}

/** All ways, by the name that the trial gets. */
export const readers: Readonly<Record<string, (source: Source) => Reader | Promise<Reader>>> = {
  view: (source) => inPlace(source, { populate: true }),
  untouched: (source) => inPlace(source, {}),
  random: (source) => inPlace(source, { advice: 'random' }),
  prefetched: (source) => inPlace(source, { advice: 'random', announce: advise }),
  copied,
  readSync,
  promised,
  lmdb,
};
