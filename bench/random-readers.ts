import fs from 'node:fs';
import { map, type Advice } from '../lib/index.js';
import { BUFFER, buffersOf } from './buffers-of.js';
import { openLmdb } from './lmdb-database.js';

/** A way to read ranges of a file. */
export interface Reader {
  /** The memory with the bytes that were read. */
  readonly words: Int32Array;
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

function inPlace({ file }: Source, advice: Advice | undefined, populate: boolean): Reader {
  const mapping = map(file, { access: 'read', advice });
  if (populate) mapping.populate();
  return { words: new Int32Array(mapping.arrayBuffer()), read: (offset) => offset / 4, close: () => mapping.close() };
}

function prefetched({ file }: Source): Reader {
  const mapping = map(file, { access: 'read', advice: 'random' });
  return {
    words: new Int32Array(mapping.arrayBuffer()),
    read: (offset) => offset / 4,
    announce: (offsets, length) => offsets.forEach((offset) => mapping.advise('willneed', offset, length)),
    close: () => mapping.close(),
  };
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
  view: (source) => inPlace(source, undefined, true),
  untouched: (source) => inPlace(source, undefined, false),
  random: (source) => inPlace(source, 'random', false),
  prefetched,
  copied,
  readSync,
  promised,
  lmdb,
};
