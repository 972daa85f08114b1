import * as fs from 'node:fs';
import type * as Package from '../../lib/index.js';

/** Where a call works: a file of 64 KiB that others may use, and a path at which only this caller works. */
export interface Place {
  readonly path: string;
  readonly own: string;
}

export type AsyncCall = (md: typeof Package, place: Place) => Promise<unknown>;

const SIZE = 65536;

/** Runs `use` with the descriptors of `count` new files of 64 KiB, and closes them after it. The disk may be full. */
async function withFiles(own: string, count: number, use: (...fds: number[]) => Promise<unknown>): Promise<void> {
  const fds: number[] = [];
  try {
    for (let i = 0; i < count; i++) {
      fs.writeFileSync(`${own}.${i}`, Buffer.alloc(SIZE, 1));
      fds.push(fs.openSync(`${own}.${i}`, 'r+'));
    }
    await use(...fds);
  } finally {
    for (const fd of fds) fs.closeSync(fd);
  }
}

/** For a call that some file systems do not have. */
async function whereSupported(call: Promise<unknown>): Promise<void> {
  await call.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EOPNOTSUPP') throw error;
  });
}

const NO_RINGS = ['EPERM', 'ENOSYS', 'EOPNOTSUPP'];

/** Some machines have no io_uring. */
function registerWithRing(memory: Package.Mapping): Package.Registration | undefined {
  try {
    return memory.register({ provider: 'io_uring' });
  } catch (error) {
    if (NO_RINGS.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Anonymous memory that is registered with io_uring, and a file of the same length. The disk may be full. */
async function withRing(
  { anonymous }: typeof Package,
  own: string,
  use: (registration: Package.Registration, fd: number) => Promise<unknown>,
): Promise<void> {
  using memory = anonymous(SIZE);
  using registration = registerWithRing(memory);
  if (registration !== undefined) await withFiles(own, 1, (fd = -1) => use(registration, fd));
}

/**
 * A use of each public asynchronous call, by its name as a user writes it. `Mapping.`, `Seal.` and `Registration.`
 * stand for an object. Suites end a worker or the process in the middle of each one.
 * test/contract/async-calls.test.ts finds a call that is missing here.
 */
export const asyncCalls: Readonly<Record<string, AsyncCall>> = {
  async 'Mapping.persistAsync'({ map }, { path }) {
    using mapping = map(path);
    mapping.buffer[0] = 1;
    await Promise.all([mapping.persistAsync(), mapping.persistAsync(4096, 8), mapping.persistAsync(0, 8)]);
  },
  async 'Mapping.prefetch'({ map }, { path }) {
    using mapping = map(path);
    await Promise.all([mapping.prefetch(), mapping.prefetch(0, 8192, { write: true })]);
  },
  async 'Mapping.sealAsync'({ map }, { path }) {
    using mapping = map(path);
    (await mapping.sealAsync()).release();
  },
  async 'Mapping.closeAsync'({ map }, { path }) {
    const mapping = map(path);
    const read = mapping.createReadStream({ highWaterMark: 1000 }).toArray();
    const unread = mapping.createReadStream();
    const pin = mapping.pin();
    const closed = Promise.all([mapping.persistAsync(), mapping.closeAsync(), read]);
    await new Promise(setImmediate);
    pin.release();
    unread.destroy();
    await closed;
  },
  async 'Mapping.createReadStream'({ map }, { path }) {
    using mapping = map(path);
    await mapping.createReadStream({ highWaterMark: 1000 }).toArray();
  },
  async 'Mapping[Symbol.asyncDispose]'({ map }, { path }) {
    const mapping = map(path);
    const flushed = mapping.persistAsync();
    await mapping[Symbol.asyncDispose]();
    await flushed;
  },
  async 'Mapping.waitAsync'({ map }, { path }) {
    using mapping = map(path);
    await mapping.waitAsync(0, mapping.view(0, 4).readInt32LE(0), { timeout: 2 });
  },
  'Registration.read': (md, { own }) => withRing(md, own, (registration, fd) => registration.read(fd, 0, 0, SIZE)),
  'Registration.write': (md, { own }) => withRing(md, own, (registration, fd) => registration.write(fd, 0, 0, SIZE)),
  async mapAsync({ mapAsync }, { own }) {
    (await mapAsync(own, { create: true, size: 8192 })).close();
    fs.unlinkSync(own);
  },
  probe: ({ probe }, { path }) => probe(path),
  async 'seals.requestBreak'({ map, seals }, { own }) {
    fs.writeFileSync(own, Buffer.alloc(8192, 1));
    using mapping = map(own, { direct: { policy: 'breakable', deadline: 2 } });
    mapping.seals[0]?.once('break', ({ release }) => setImmediate(release));
    await seals.requestBreak(own);
  },
  async 'WriterLock.acquireAsync'({ WriterLock }, { own }) {
    fs.writeFileSync(own, '');
    using lock = await WriterLock.acquireAsync(own);
    const signal = AbortSignal.timeout(2);
    await WriterLock.acquireAsync(own, { signal }).catch((error: Error) => {
      if (error.name !== 'TimeoutError') throw error;
    });
    lock.release();
  },
  async 'files.promises.open'({ files }, { own }) {
    fs.closeSync(await files.promises.open(own, 'w'));
  },
  async 'files.promises.truncate'({ files }, { own }) {
    fs.writeFileSync(own, Buffer.alloc(100, 1));
    await files.promises.truncate(own, 10);
  },
  'files.promises.ftruncate': ({ files }, { own }) => withFiles(own, 1, (fd = -1) => files.promises.ftruncate(fd, 10)),
  'files.promises.fallocate': ({ files }, { own }) =>
    withFiles(own, 1, (fd = -1) => whereSupported(files.promises.fallocate(fd, 0, 0, 2 * SIZE))),
  'files.promises.write': ({ files }, { own }) =>
    withFiles(own, 1, (fd = -1) => files.promises.write(fd, Buffer.alloc(100, 2), 0, 100, SIZE)),
  'files.promises.append': ({ files }, { own }) => files.promises.append(own, Buffer.alloc(100, 1)),
  'files.promises.copyRange': ({ files }, { own }) =>
    withFiles(own, 2, (from = -1, to = -1) => files.promises.copyRange(from, 0, to, SIZE, 4096)),
  async 'files.promises.clone'({ files }, { path, own }) {
    await whereSupported(files.promises.clone(path, `${own}.clone`));
  },
  'files.promises.dedupe': ({ files }, { own }) =>
    withFiles(own, 2, (from = -1, to = -1) => whereSupported(files.promises.dedupe(from, 0, 4096, to, 0))),
};

/**
 * Calls that open a path by an asynchronous fs.open(). Node.js loses its descriptor if the worker ends meanwhile, with
 * and without this package (docs/runtimes.md). A test of ended workers gives these calls files of their own.
 */
export const openedByNode: ReadonlySet<string> = new Set([
  'files.promises.append',
  'files.promises.clone',
  'files.promises.open',
  'files.promises.truncate',
]);
