import fs from 'node:fs';
import { promisify } from 'node:util';
import { files } from '../../lib/files.js';

/**
 * One form of the interface: each operation under its name there. Each opens the files that it needs, and closes them.
 */
export interface FileForm {
  readonly name: string;
  truncate(path: string, length: number): Promise<unknown>;
  ftruncate(path: string, length: number): Promise<unknown>;
  openTruncating(path: string): Promise<unknown>;
  /** @returns bytes. `position` null: where the descriptor was opened. */
  write(path: string, bytes: Buffer, position: number | null, flags?: string): Promise<number>;
  append(path: string, bytes: Buffer): Promise<unknown>;
}

export type Fs = typeof fs;

async function withDescriptor<T>(path: string, body: (fd: number) => T | Promise<T>, flags = 'r+'): Promise<T> {
  const fd = fs.openSync(path, flags);
  try {
    return await body(fd);
  } finally {
    fs.closeSync(fd);
  }
}

// Taken before any test guards node:fs or the methods of FileHandle.
const { open: openHandle } = fs.promises;

async function withHandle<T>(
  path: string,
  body: (handle: fs.promises.FileHandle) => Promise<T>,
  flags = 'r+',
): Promise<T> {
  const handle = await openHandle(path, flags);
  try {
    return await body(handle);
  } finally {
    await handle.close();
  }
}

const direct: FileForm = {
  name: 'files',
  truncate: async (path, length) => files.truncate(path, length),
  ftruncate: (path, length) => withDescriptor(path, (fd) => files.ftruncate(fd, length)),
  openTruncating: async (path) => fs.closeSync(files.open(path, 'w')),
  write: (path, bytes, position, flags) =>
    withDescriptor(path, (fd) => files.write(fd, bytes, 0, bytes.length, position), flags),
  append: async (path, bytes) => files.append(path, bytes),
};

const promised: FileForm = {
  name: 'files.promises',
  truncate: (path, length) => files.promises.truncate(path, length),
  ftruncate: (path, length) => withDescriptor(path, (fd) => files.promises.ftruncate(fd, length)),
  openTruncating: async (path) => fs.closeSync(await files.promises.open(path, 'w')),
  write: (path, bytes, position, flags) =>
    withDescriptor(path, (fd) => files.promises.write(fd, bytes, 0, bytes.length, position), flags),
  append: (path, bytes) => files.promises.append(path, bytes),
};

/** The forms of node:fs, of a guarded object. */
function formsOf(guarded: Fs): FileForm[] {
  type Written = Promise<{ bytesWritten: number }>;
  // Looked up at each call: the guard may come, and go, later.
  const write = (
    ...args: [fd: number, bytes: Buffer, offset: number, length: number, position: number | null]
  ): Written => promisify(guarded.write)(...args);
  const writev = (...args: [fd: number, bytes: Buffer[], position: number]): Written =>
    promisify(guarded.writev)(...args);
  const halves = (bytes: Buffer): Buffer[] => [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)];
  return [
    {
      name: 'fs, synchronous',
      truncate: async (path, length) => guarded.truncateSync(path, length),
      ftruncate: (path, length) => withDescriptor(path, (fd) => guarded.ftruncateSync(fd, length)),
      openTruncating: async (path) => fs.closeSync(guarded.openSync(path, 'w+')),
      write: (path, bytes, position, flags) =>
        withDescriptor(path, (fd) => guarded.writeSync(fd, bytes, 0, bytes.length, position), flags),
      append: async (path, bytes) => guarded.appendFileSync(path, bytes),
    },
    {
      name: 'fs, synchronous, in other words',
      truncate: async (path, length) => guarded.truncateSync(path, length),
      ftruncate: (path, length) => withDescriptor(path, (fd) => guarded.ftruncateSync(fd, length)),
      openTruncating: async (path) => guarded.writeFileSync(path, 'other content'),
      write: (path, bytes, position, flags) =>
        withDescriptor(path, (fd) => guarded.writevSync(fd, halves(bytes), position as number), flags),
      append: async (path, bytes) =>
        guarded.writeFileSync(path, bytes.toString('latin1'), { flag: 'a', encoding: 'latin1' }),
    },
    {
      name: 'fs, callbacks',
      truncate: (path, length) => promisify(guarded.truncate)(path, length),
      ftruncate: (path, length) => withDescriptor(path, (fd) => promisify(guarded.ftruncate)(fd, length)),
      openTruncating: async (path) => fs.closeSync(await promisify(guarded.open)(path, 'w')),
      write: (path, bytes, position, flags) =>
        withDescriptor(path, async (fd) => (await write(fd, bytes, 0, bytes.length, position)).bytesWritten, flags),
      append: (path, bytes) => promisify(guarded.appendFile)(path, bytes),
    },
    {
      name: 'fs, callbacks, in other words',
      truncate: (path, length) => promisify(guarded.truncate)(path, length),
      ftruncate: (path, length) => withDescriptor(path, (fd) => promisify(guarded.ftruncate)(fd, length)),
      openTruncating: (path) => promisify(guarded.writeFile)(path, 'other content'),
      write: (path, bytes, position, flags) =>
        withDescriptor(path, async (fd) => (await writev(fd, halves(bytes), position as number)).bytesWritten, flags),
      append: (path, bytes) =>
        new Promise((resolve, reject) =>
          guarded
            .createWriteStream(path, { flags: 'a' })
            .on('error', reject)
            .on('close', resolve as () => void)
            .end(bytes),
        ),
    },
    {
      name: 'fs.promises',
      truncate: (path, length) => guarded.promises.truncate(path, length),
      ftruncate: (path, length) => withHandle(path, (handle) => handle.truncate(length)),
      openTruncating: async (path) => (await guarded.promises.open(path, 'w')).close(),
      write: (path, bytes, position, flags) =>
        withHandle(path, async (handle) => (await handle.write(bytes, 0, bytes.length, position)).bytesWritten, flags),
      append: (path, bytes) => guarded.promises.appendFile(path, bytes),
    },
    {
      name: 'fs.promises, in other words',
      truncate: (path, length) => guarded.promises.truncate(path, length),
      ftruncate: (path, length) => withHandle(path, (handle) => handle.truncate(length)),
      openTruncating: (path) => guarded.promises.writeFile(path, ['other ', 'content']),
      write: (path, bytes, position, flags) =>
        withHandle(
          path,
          async (handle) => (await handle.writev(halves(bytes), position as number)).bytesWritten,
          flags,
        ),
      append: (path, bytes) => withHandle(path, (handle) => handle.appendFile(bytes), 'a'),
    },
  ];
}

/** An object with the functions of node:fs, which can be guarded without the test runner's own being so. */
export function copyOfFs(): Fs {
  return { ...fs, promises: { ...fs.promises } };
}

/** Every form there is. @param guarded - an object that files.guard() guards. */
export function fileForms(guarded: Fs): FileForm[] {
  return [direct, promised, ...formsOf(guarded)];
}
