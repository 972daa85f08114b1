import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { constants } from '../../lib/core/constants.js';
import { files, type Files } from '../../lib/files.js';
import { expectMisuse, expectSystemError, rejected, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { sealPath } from '../support/sealed.js';
import { misplaced, watermark } from '../support/watermark.js';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';

const { PAGE_SIZE, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE } = constants;
const scratch = new Scratch();
async function withDescriptor<T>(path: string, flags: string, body: (fd: number) => T | Promise<T>): Promise<T> {
  const fd = fs.openSync(path, flags);
  try {
    return await body(fd);
  } finally {
    fs.closeSync(fd);
  }
}

describe('arguments', () => {
  const bytes = Buffer.alloc(4);
  type Name = keyof Files;
  const misuses: Array<[name: Name, args: unknown[], code: string, argument: string]> = [
    ['open', [5], 'ERR_INVALID_ARG_TYPE', 'path'],
    ['open', ['a\0b'], 'ERR_INVALID_ARG_VALUE', 'path'],
    ['open', ['x', 'rw'], 'ERR_INVALID_ARG_VALUE', 'flags'],
    ['open', ['x', {}], 'ERR_INVALID_ARG_TYPE', 'flags'],
    ['open', ['x', 'w', 'rwx'], 'ERR_INVALID_ARG_TYPE', 'mode'],
    ['open', ['x', 'w', 0o10000], 'ERR_OUT_OF_RANGE', 'mode'],
    ['truncate', [null], 'ERR_INVALID_ARG_TYPE', 'path'],
    ['truncate', ['x', -1], 'ERR_OUT_OF_RANGE', 'length'],
    ['truncate', ['x', '1'], 'ERR_INVALID_ARG_TYPE', 'length'],
    ['ftruncate', ['x'], 'ERR_INVALID_ARG_TYPE', 'fd'],
    ['ftruncate', [-1], 'ERR_OUT_OF_RANGE', 'fd'],
    ['ftruncate', [1.5], 'ERR_OUT_OF_RANGE', 'fd'],
    ['ftruncate', [1, 1.5], 'ERR_OUT_OF_RANGE', 'length'],
    ['fallocate', [1, -1, 0, 1], 'ERR_OUT_OF_RANGE', 'mode'],
    ['fallocate', [1, 0, '0', 1], 'ERR_INVALID_ARG_TYPE', 'offset'],
    ['fallocate', [1, 0, 0, 2 ** 53], 'ERR_OUT_OF_RANGE', 'length'],
    ['write', [1n, bytes], 'ERR_INVALID_ARG_TYPE', 'fd'],
    ['write', [1, 'text'], 'ERR_INVALID_ARG_TYPE', 'buffer'],
    ['write', [1, bytes, 5], 'ERR_OUT_OF_RANGE', 'offset'],
    ['write', [1, bytes, 1, 4], 'ERR_OUT_OF_RANGE', 'length'],
    ['write', [1, bytes, 0, 4, -1], 'ERR_OUT_OF_RANGE', 'position'],
    ['append', [{}, bytes], 'ERR_INVALID_ARG_TYPE', 'pathOrFd'],
    ['append', [-1, bytes], 'ERR_OUT_OF_RANGE', 'pathOrFd'],
    ['append', ['x', 'text'], 'ERR_INVALID_ARG_TYPE', 'buffer'],
    ['copyRange', ['x', 0, 1, 0, 1], 'ERR_INVALID_ARG_TYPE', 'fdIn'],
    ['copyRange', [1, -1, 1, 0, 1], 'ERR_OUT_OF_RANGE', 'offsetIn'],
    ['copyRange', [1, 0, 'x', 0, 1], 'ERR_INVALID_ARG_TYPE', 'fdOut'],
    ['copyRange', [1, 0, 1, -1, 1], 'ERR_OUT_OF_RANGE', 'offsetOut'],
    ['copyRange', [1, 0, 1, 0, NaN], 'ERR_OUT_OF_RANGE', 'length'],
    ['clone', [5, 'x'], 'ERR_INVALID_ARG_TYPE', 'sourcePath'],
    ['clone', ['x', 5], 'ERR_INVALID_ARG_TYPE', 'destinationPath'],
    ['dedupe', [1, 0, '1', 1, 0], 'ERR_INVALID_ARG_TYPE', 'length'],
    ['dedupe', [1, 0, 1, -1, 0], 'ERR_OUT_OF_RANGE', 'fdOut'],
  ];

  test.each(misuses)('%s(%p) is %s, naming %s', async (name, args, code, argument) => {
    type Loose = (...args: unknown[]) => unknown;
    expectMisuse(
      thrown(() => (files[name] as Loose)(...args)),
      code,
      argument,
    );
    expectMisuse(
      await rejected((files.promises[name] as (...args: unknown[]) => Promise<unknown>)(...args)),
      code,
      argument,
    );
  });
});

native.describe('on files that are not sealed', () => {
  test('open: a path, a Buffer, a URL; made, truncated, appended to', async () => {
    const path = scratch.path();
    for (const target of [path, Buffer.from(path), pathToFileURL(path)]) {
      const fd = files.open(target, 'w', 0o640);
      expect(files.write(fd, Buffer.from('some text'))).toBe(9);
      fs.closeSync(fd);
      expect(fs.readFileSync(path, 'latin1')).toBe('some text');
    }
    expect(fs.statSync(path).mode & 0o777).toBe(0o640 & ~process.umask());
    await withDescriptor(path, 'a', (fd) => files.write(fd, Buffer.from('!'), 0, 1, 0));
    expect(fs.readFileSync(path, 'latin1')).toBe('some text!');
    expect(thrown(() => files.open(`${path}/x`, 'w')).code).toBe('ENOTDIR');
    expect(thrown(() => files.open(scratch.path())).code).toBe('ENOENT');
  });

  test('fallocate punches and extends, and refuses a wrong mode', async () => {
    const path = scratch.file(2 * PAGE_SIZE);
    await withDescriptor(path, 'r+', async (fd) => {
      files.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE_SIZE);
      await files.promises.fallocate(fd, 0, 0, 3 * PAGE_SIZE);
      expectSystemError(
        thrown(() => files.fallocate(fd, 0, 0, 0)),
        'EINVAL',
        'fallocate',
      );
    });
    const content = fs.readFileSync(path);
    expect(content.length).toBe(3 * PAGE_SIZE);
    expect(content.subarray(0, PAGE_SIZE).equals(Buffer.alloc(PAGE_SIZE))).toBe(true);
    expect(misplaced(content.subarray(PAGE_SIZE, 2 * PAGE_SIZE), PAGE_SIZE)).toBeUndefined();
  });

  test('append writes at the end, also of a descriptor that stands elsewhere, and of a deleted file', async () => {
    const path = scratch.file(10);
    await withDescriptor(path, 'r+', async (fd) => {
      expect(files.append(fd, watermark(10, 5))).toBe(5);
      fs.unlinkSync(path);
      expect(await files.promises.append(fd, watermark(15, 5))).toBe(5);
      const content = Buffer.alloc(20);
      fs.readSync(fd, content, 0, 20, 0);
      expect(misplaced(content, 0)).toBeUndefined();
    });
    expect(
      (await rejected(withDescriptor(scratch.file(1), 'r', (fd) => files.append(fd, Buffer.from('x'))))).code,
    ).toBe('EBADF');
  });

  test('copyRange: short at the end of the source; from one file system to another; refused as the kernel does', () => {
    const from = fs.openSync(scratch.file(100), 'r');
    const path = scratch.path();
    const to = fs.openSync(path, 'w+');
    expect(files.copyRange(from, 10, to, 0, 1000)).toBe(90);
    expect(files.copyRange(from, 200, to, 0, 1)).toBe(0);
    expect(misplaced(fs.readFileSync(path), 10)).toBeUndefined();
    expectSystemError(
      thrown(() => files.copyRange(to, 0, from, 0, 1)),
      'EBADF',
      'copy_file_range',
    );
    expectSystemError(
      thrown(() => files.copyRange(to, 0, to, 1, 5)),
      'EINVAL',
      'copy_file_range',
    );
    const memory = `/dev/shm/mapdirect-test-${process.pid}`;
    const there = fs.openSync(memory, 'w+');
    fs.unlinkSync(memory);
    expect(files.copyRange(from, 0, there, 5, 100)).toBe(100);
    for (const fd of [from, to, there]) fs.closeSync(fd);
  });

  test('a FIFO is neither waited for nor read from by a look', () => {
    const path = scratch.path();
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    const both = fs.openSync(path, 'r+');
    const fd = files.open(path, 'w');
    expect(files.write(fd, Buffer.from('through'))).toBe(7);
    expect(thrown(() => files.truncate(path, 0)).code).toBe('EINVAL');
    const got = Buffer.alloc(7);
    fs.readSync(both, got);
    expect(got.toString()).toBe('through');
    for (const open of [both, fd]) fs.closeSync(open);
  });

  test('no descriptor is left open, whatever happens', () => {
    const path = scratch.file(100);
    const open = (): number => fs.readdirSync('/proc/self/fd').length;
    sealPath(path).release(); // the first seal of a process opens its event descriptors, for good
    const before = open();
    const seal = sealPath(path);
    const sealed = open();
    for (const call of [
      () => files.open(path, 'w'),
      () => files.truncate(path),
      () => files.append(path, Buffer.from('x')),
      () => files.clone(path, scratch.path()),
      () => files.open('/', 'w'),
    ])
      thrown(call);
    expect(open()).toBe(sealed);
    seal.release();
    files.truncate(path, 50);
    files.append(path, Buffer.from('x'));
    expect(open()).toBe(before);
  });
});

native.describe('at the same time', () => {
  test('an asynchronous operation holds seals off until it has ended, also when it fails', async () => {
    const path = scratch.file(PAGE_SIZE);
    const fd = fs.openSync(path, 'r+');
    const running = files.promises.write(fd, Buffer.alloc(2 ** 24, 1), 0, null, 0);
    expect(thrown(() => sealPath(path)).code).toBe('EBUSY');
    expect(await running).toBe(2 ** 24);
    sealPath(path).release();
    const readable = fs.openSync(path, 'r');
    const failing = files.promises.write(readable, Buffer.from('x'), 0, 1, 0);
    expect(thrown(() => sealPath(path)).code).toBe('EBUSY');
    expect((await rejected(failing)).code).toBe('EBADF');
    sealPath(path).release();
    for (const open of [fd, readable]) fs.closeSync(open);
  });

  test('writes at the current position of a sealed file come one after the other, and stop at its end', async () => {
    const path = scratch.file(10);
    const fd = fs.openSync(path, 'r+');
    using seal = sealPath(path);
    expect(seal.state).toBe('held');
    const four = (): Promise<number | string> =>
      files.promises.write(fd, Buffer.alloc(4, 7)).catch(({ code }: NodeJS.ErrnoException) => String(code));
    const writes = [four(), four(), four()];
    expect(thrown(() => files.write(fd, Buffer.alloc(4, 7))).code).toBe('EBUSY');
    expect(await Promise.all(writes)).toEqual([4, 4, 'ETXTBSY']);
    expect(files.write(fd, Buffer.alloc(2, 7))).toBe(2);
    expect(fs.readFileSync(path).equals(Buffer.alloc(10, 7))).toBe(true);
    fs.closeSync(fd);
  });

  test('appends of several processes are never refused, and none is lost', async () => {
    const path = scratch.file(0);
    const names = ['a', 'b', 'c'];
    const ended = await Promise.all(names.map((name) => runChild('appends', [path, name])));
    for (const outcome of ended) expectDone(outcome);
    const lines = fs.readFileSync(path, 'latin1').trimEnd().split('\n');
    expect(new Set(lines).size).toBe(names.length * 50 * 5);
    expect(lines.length).toBe(names.length * 50 * 5);
  });
});
