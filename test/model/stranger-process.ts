// The other program of the model. Each message is a request, and gets one answer.
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { constants, WriterLock } from '../../lib/index.js';
import { selectBackend } from '../../lib/backend/select.js';

const { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, PAGE_SIZE } = constants;

let lock: WriterLock | undefined;

function withFile(path: string, flags: string, call: (fd: number) => void): void {
  const fd = openSync(path, flags);
  try {
    call(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes pages until there is no space left. */
function fill(fd: number): void {
  try {
    for (;;) writeSync(fd, Buffer.alloc(PAGE_SIZE, 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

const calls = {
  truncate: (path: string, length: number): void => withFile(path, 'r+', (fd) => ftruncateSync(fd, length)),
  write: (path: string, offset: number, length: number, byte: number): void =>
    withFile(path, 'r+', (fd) => writeSync(fd, Buffer.alloc(length, byte), 0, length, offset)),
  // Below the guarded operations: no seal is asked.
  punch: (path: string, offset: number, length: number): void =>
    withFile(path, 'r+', (fd) =>
      selectBackend('native').files.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length),
    ),
  fill: (ballast: string): void => withFile(ballast, 'a', fill),
  empty: (ballast: string): void => rmSync(ballast),
  lock: (path: string): boolean => (lock = WriterLock.tryAcquire(path)) !== undefined,
  unlock: (): void => lock?.release(),
};

export type StrangerCalls = typeof calls;

interface Request {
  readonly call: keyof StrangerCalls;
  readonly args: readonly unknown[];
}

process.on('message', ({ call, args }: Request) => {
  try {
    const run = calls[call] as (...args: readonly unknown[]) => unknown;
    process.send?.({ value: run(...args) });
  } catch (error) {
    process.send?.({ error: String(error) });
  }
});
