import fs from 'node:fs';
import {
  extents,
  files,
  map,
  seals,
  WriterLock,
  type Extent,
  type MapOptions,
  type Mapping,
  type Seal,
  type SealOptions,
  type WriterLockOptions,
} from '../../lib/index.js';
import { hammer, sealRepeatedly } from './race.js';
import { sealPath } from './sealed.js';

const kept: { mappings: Mapping[]; seals: Seal[]; descriptors: number[]; locks: WriterLock[] } = {
  mappings: [],
  seals: [],
  descriptors: [],
  locks: [],
};

function withDescriptor<T>(path: string, flags: string | number, use: (fd: number) => T): T {
  const fd = fs.openSync(path, flags);
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function withMapping<T>(path: string, options: MapOptions, use: (mapping: Mapping) => T): T {
  using mapping = map(path, options);
  return use(mapping);
}

/** The part of a seal that can be sent to another thread or process. */
export interface SealReport {
  readonly enforcement: string;
  readonly policy: string;
  readonly state: string;
  readonly extents: readonly Extent[];
}

function keep(mapping: Mapping): SealReport[] {
  kept.mappings.push(mapping);
  return mapping.seals.map(({ enforcement, policy, state, extents: found }) => ({
    enforcement,
    policy,
    state,
    extents: found,
  }));
}

/** So many calls of waitAsync() for one word. @returns their results. */
async function waitAsyncAt(
  path: string,
  offset: number,
  expected: number,
  calls: number,
  timeout?: number,
): Promise<string[]> {
  using mapping = map(path);
  return await Promise.all(Array.from({ length: calls }, () => mapping.waitAsync(offset, expected, { timeout })));
}

/** Waits for each odd number in word 0, and answers with the next even one. */
async function pongAt(path: string, rounds: number, blocking: boolean): Promise<void> {
  using mapping = map(path);
  const words = new Int32Array(mapping.arrayBuffer(0, 4));
  for (let turn = 0; turn < 2 * rounds; turn += 2) {
    while (Atomics.load(words, 0) === turn) await (blocking ? mapping.wait(0, turn) : mapping.waitAsync(0, turn));
    Atomics.store(words, 0, turn + 2);
    mapping.notify(0);
  }
}

/**
 * Takes permits from the semaphore in word 0, by several calls that wait at a time, and counts them in word 2. Once
 * word 1 is set, each call takes one more permit, without counting it, and ends.
 */
async function acquireAt(path: string, calls: number): Promise<void> {
  using mapping = map(path);
  const words = new Int32Array(mapping.arrayBuffer(0, 12));
  const take = async (): Promise<void> => {
    for (;;) {
      const permits = Atomics.load(words, 0);
      if (permits === 0) await mapping.waitAsync(0, 0);
      else if (Atomics.compareExchange(words, 0, permits, permits - 1) !== permits) continue;
      else if (Atomics.load(words, 1) === 1) return;
      else Atomics.add(words, 2, 1);
    }
  };
  await Promise.all(Array.from({ length: calls }, take));
}

const PAGE = 4096;

/** The byte that the actions write. */
export const BYTE = 0xa5;

/**
 * The actions of an {@link Actor}, in its thread or process. Each action opens the files that it needs by itself and
 * closes it again, so that arguments and results can travel as messages.
 */
export const actions = {
  ftruncate: (path: string, length: number) => withDescriptor(path, 'r+', (fd) => files.ftruncate(fd, length)),
  truncate: (path: string, length: number) => files.truncate(path, length),
  open: (path: string, flags: string | number) => fs.closeSync(files.open(path, flags)),
  fallocate: (path: string, mode: number, offset: number, length: number) =>
    withDescriptor(path, 'r+', (fd) => files.fallocate(fd, mode, offset, length)),
  fallocateBadDescriptor: (mode: number) => files.fallocate(2 ** 20, mode, 0, 1),
  /** `length` bytes of one value. `position` null: where the descriptor stands. */
  write: (path: string, flags: string, position: number | null, length: number) =>
    withDescriptor(path, flags, (fd) => files.write(fd, Buffer.alloc(length, BYTE), 0, length, position)),
  append: (path: string, length: number) => files.append(path, Buffer.alloc(length, BYTE)),
  appendDescriptor: (path: string, length: number) =>
    withDescriptor(path, 'a+', (fd) => files.append(fd, Buffer.alloc(length, BYTE))),
  copyRange: (from: string, fromOffset: number, to: string, toOffset: number, length: number) =>
    withDescriptor(from, 'r', (fdIn) =>
      withDescriptor(to, 'r+', (fdOut) => files.copyRange(fdIn, fromOffset, fdOut, toOffset, length)),
    ),
  clone: (from: string, to: string) => files.clone(from, to),
  dedupe: (from: string, to: string, length: number) =>
    withDescriptor(from, 'r+', (fdIn) => withDescriptor(to, 'r+', (fdOut) => files.dedupe(fdIn, 0, length, fdOut, 0))),

  /** The guarded operations of a mapping. */
  mapWithSize: (path: string, size: number) => withMapping(path, { size }, () => undefined),
  resize: (path: string, from: number, to: number) =>
    withMapping(path, { length: from }, (mapping) => mapping.resize(to)),
  remove: (path: string, offset: number, length: number) =>
    withMapping(path, {}, (mapping) => mapping.advise('remove', offset, length)),

  isSealed: (path: string) => seals.isSealed(path),
  isSealedDescriptor: (path: string) => withDescriptor(path, 'r', (fd) => seals.isSealed(fd)),
  holders: () => seals.list().map(({ holders }) => holders),
  requestBreak: (path: string, deadline?: number) =>
    seals.requestBreak(path, deadline === undefined ? {} : { deadline }),

  /** Seals for as long as release() is not called. */
  seal: (path: string, options: SealOptions = {}) => {
    const mapping = map(path);
    try {
      mapping.seal(options);
    } catch (error) {
      mapping.close();
      throw error;
    }
    return keep(mapping);
  },
  /** Seals without a mapping. */
  sealPath: (path: string, options: SealOptions = {}) => void kept.seals.push(sealPath(path, options)),
  /** One more seal of the mapping that was sealed last. */
  sealAgain: (options: SealOptions) => kept.mappings.at(-1)?.seal(options).state,
  map: (path: string, options: MapOptions) => keep(map(path, options)),
  flagsOf: (path: string, options: MapOptions) => withMapping(path, options, ({ flags }) => flags),
  mapDescriptor: (path: string, flags: string, options: MapOptions) =>
    withDescriptor(path, flags, (fd) => keep(map(fd, options))),
  /** A descriptor that stays open, for the actions by descriptor after the file has lost its name. */
  keepOpen: (path: string) => void kept.descriptors.push(fs.openSync(path, 'r+')),
  ftruncateKept: (length: number) => files.ftruncate(kept.descriptors[0] ?? -1, length),
  /** For storeInEveryPage(). */
  mapAndWait: (path: string) => void kept.mappings.push(map(path)),
  storeInEveryPage: (value: number) => {
    for (const { buffer } of kept.mappings) for (let at = 8; at < buffer.length; at += PAGE) buffer[at] = value;
  },
  /** Both with everything still held, and without an answer. */
  exit: () => process.exit(0),
  spin: () => {
    for (;;) for (const { buffer } of kept.mappings) buffer[0] = 1;
  },
  /** resize() of the mapping that was sealed last. */
  resizeKept: (length: number) => kept.mappings.at(-1)?.resize(length),
  /** Becomes the writer for as long as release() is not called. */
  acquireWriter: (path: string, options?: WriterLockOptions) => void kept.locks.push(WriterLock.acquire(path, options)),
  acquireWriterLater: async (path: string, options?: WriterLockOptions) =>
    void kept.locks.push(await WriterLock.acquireAsync(path, options)),
  /** As acquireWriter. @returns whether it is the writer now. */
  tryWriter: (path: string) => {
    const lock = WriterLock.tryAcquire(path);
    if (lock !== undefined) kept.locks.push(lock);
    return lock !== undefined;
  },

  /** Lets go of everything. */
  release: () => {
    for (const mapping of kept.mappings.splice(0)) mapping.close();
    for (const seal of kept.seals.splice(0)) seal.release();
    for (const fd of kept.descriptors.splice(0)) fs.closeSync(fd);
    for (const lock of kept.locks.splice(0)) lock.release();
  },

  /** Everything that may be done to a sealed file without opening it. @returns the name that it has afterwards. */
  harmlessByPath: (path: string) => {
    fs.statSync(path);
    fs.chmodSync(path, 0o640);
    fs.utimesSync(path, 1, 2);
    fs.linkSync(path, `${path}-link`);
    fs.renameSync(`${path}-link`, `${path}-renamed`);
    fs.unlinkSync(`${path}-renamed`);
  },
  harmless: (path: string) => {
    const bytes = fs.readFileSync(path).length;
    withDescriptor(path, 'r+', (fd) => {
      fs.fstatSync(fd);
      fs.fsyncSync(fd);
      fs.fchmodSync(fd, 0o640);
    });
    withMapping(path, {}, (mapping) => mapping.persist());
    return { bytes, extents: extents(path).length };
  },
  unlink: (path: string) => fs.unlinkSync(path),

  /** Waiting for a word of a file. */
  wait: (path: string, offset: number, expected: number, timeout?: number) =>
    withMapping(path, {}, (mapping) => mapping.wait(offset, expected, timeout)),
  waitAsync: waitAsyncAt,
  notify: (path: string, offset: number, count?: number) =>
    withMapping(path, {}, (mapping) => mapping.notify(offset, count)),
  pong: pongAt,
  acquire: acquireAt,

  /** An operation without this package, as a stranger does it. */
  strangersTruncate: (path: string, length: number) => fs.truncateSync(path, length),

  hammer,
  sealRepeatedly,
};

export type Actions = typeof actions;
