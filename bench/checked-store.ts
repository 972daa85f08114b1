import fs from 'node:fs';
import zlib from 'node:zlib';
import type { CommitStore } from './commit-store.js';
import { mapAs } from './granularity.js';
import { writeInPages } from './paged-file.js';

const PAGE = 4096;
/** Commits write their roots to the first two pages in turn. */
const ROOTS = 2;
/** A root, as 64-bit numbers: the number of the commit, the count of its pages, their places; then the checksum. */
const [NUMBER, COUNT, PLACES] = [0, 1, 2];

/** The CRC-32 of a root without its last word, and of the pages that it names. */
function checksum(root: Float64Array, pages: Iterable<Uint8Array>): number {
  let crc = zlib.crc32(new Uint8Array(root.buffer, root.byteOffset, root.byteLength - 8));
  for (const page of pages) crc = zlib.crc32(page, crc);
  return crc;
}

/**
 * The places of the newest commit in the file whose root fits all its pages. After a crash within a commit that is the
 * commit before it. This is the step that replaces the second flush.
 */
function lastCommit(fd: number, valueLength: number): readonly number[] {
  const bytes = (place: number, length: number): Uint8Array => {
    const read = new Uint8Array(length);
    fs.readSync(fd, read, 0, length, place);
    return read;
  };
  const roots = Array.from({ length: ROOTS }, (_, slot) => {
    const words = new Float64Array(bytes(slot * PAGE, PAGE).buffer);
    return words.subarray(0, PLACES + words[COUNT]! + 1);
  });
  const whole = roots.filter((root) => {
    const places = [...root.subarray(PLACES, -1)];
    return (
      root.at(-1) ===
      checksum(
        root,
        places.map((place) => bytes(place, valueLength)),
      )
    );
  });
  const [newest] = whole.sort((one, other) => other[NUMBER]! - one[NUMBER]!);
  if (newest === undefined) throw new Error('the file has no whole commit');
  return [...newest.subarray(PLACES, -1)];
}

/** The places of pages: twice as many as there are keys. */
class Places {
  private readonly used: Uint8Array;
  private readonly ofKey: Uint32Array;
  private cursor = 0;

  constructor(private readonly keys: number) {
    this.used = new Uint8Array(2 * keys).fill(1, 0, keys);
    this.ofKey = Uint32Array.from({ length: keys }, (_, key) => key);
  }

  /** In bytes from the start of the file. */
  of(key: number): number {
    return (ROOTS + this.ofKey[key]!) * PAGE;
  }

  /** A new place for each key. They are close together, and none is the place that a key had before. */
  move(keys: readonly number[]): void {
    const free = keys.map(() => this.take());
    for (const [index, key] of keys.entries()) {
      this.used[this.ofKey[key]!] = 0;
      this.ofKey[key] = free[index]!;
    }
  }

  private take(): number {
    while (this.used[this.cursor] === 1) this.cursor = (this.cursor + 1) % (2 * this.keys);
    this.used[this.cursor] = 1;
    return this.cursor;
  }
}

/**
 * Ours, with one flush for each commit. The root has the checksum of all pages of the commit, so the order in which
 * they reach the disk does not matter. The pages go to the next free places, which lie close together: a disk writes
 * them faster.
 */
export function checkedStore(file: string, keys: number): CommitStore {
  if (!fs.existsSync(file)) writeInPages(file, ROOTS + 2 * keys);
  const mapping = mapAs('page', file);
  const places = new Places(keys);
  let [number, valueLength] = [0, 0];
  const commit = (changed: readonly number[], value: Buffer): void => {
    places.move(changed);
    const written = changed.map((key) => places.of(key));
    for (const place of written) mapping.buffer.set(value, place);
    const root = Float64Array.of(++number, written.length, ...written, 0);
    root[root.length - 1] = checksum(
      root,
      written.map(() => value),
    );
    const slot = (number % ROOTS) * PAGE;
    mapping.buffer.set(new Uint8Array(root.buffer), slot);
    valueLength = value.length;
    mapping.persistRanges([[slot, PAGE], ...written.map((place) => [place, PAGE] as const)]);
  };
  return {
    commit,
    // Through the file, not through the mapping, as a program does after a crash.
    read: (key) => {
      const fd = fs.openSync(file, 'r');
      const bytes = Buffer.alloc(valueLength);
      if (lastCommit(fd, valueLength).includes(places.of(key))) fs.readSync(fd, bytes, 0, valueLength, places.of(key));
      fs.closeSync(fd);
      return bytes;
    },
    close: () => mapping.close(),
  };
}
