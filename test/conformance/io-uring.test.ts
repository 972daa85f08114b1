// The provider 'io_uring': transfers between files and registered memory, and their end.
import { afterEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { anonymous, map, seals, type Mapping, type Registration } from '../../lib/index.js';
import { RING_DEPTH } from '../../lib/backend/registrations.js';
import { memoryKindOf } from '../../lib/registration/memory-kind.js';
import { selectBackend } from '../../lib/backend/select.js';
import { expectMisuse, expectSystemError, rejected, thrown } from '../support/errors.js';
import { placesForSeals, type Place } from '../support/file-system-under-test.js';
import { ringRefusal, uring } from '../support/ring-memory.js';
import { Scratch } from '../support/scratch.js';
import { skipFor, skipUnless } from '../support/skip.js';
import { misplaced, watermark } from '../support/watermark.js';

const { O_DIRECT = 0, O_RDONLY, O_RDWR } = fs.constants;
const PAGE = 4096;
const LENGTH = 16 * PAGE;
const SHARED = '/dev/shm';

const scratch = new Scratch();
const opened: Mapping[] = [];
const registrations: Registration[] = [];
const descriptors: number[] = [];

function opening(mapping: Mapping): Mapping {
  opened.push(mapping);
  return mapping;
}

function registered(mapping: Mapping = opening(anonymous(LENGTH)), access?: readonly []): Registration {
  const registration = mapping.register({ provider: 'io_uring', ...(access === undefined ? {} : { access }) });
  registrations.push(registration);
  return registration;
}

function fileOpen(path: string, flags = O_RDWR): number {
  const fd = fs.openSync(path, flags);
  descriptors.push(fd);
  return fd;
}

afterEach(() => {
  for (const registration of registrations.splice(0)) registration.deregister();
  for (const mapping of opened.splice(0)) mapping.close();
  for (const fd of descriptors.splice(0)) fs.closeSync(fd);
});

/** The flags to read a file with O_DIRECT, or without where its file system has none. */
function directOf(path: string): number {
  try {
    fs.closeSync(fs.openSync(path, O_RDONLY | O_DIRECT));
    return O_RDONLY | O_DIRECT;
  } catch {
    return O_RDONLY;
  }
}

function memoryOf(registration: Registration): Buffer {
  const mapping = opened.find(({ address }) => address === registration.address);
  if (mapping === undefined) throw new Error('no mapping of the registration is open');
  return mapping.buffer;
}

uring.describe('a transfer', () => {
  test('brings the bytes of a file into the memory, from any position to any offset', async () => {
    const registration = registered();
    const fd = fileOpen(scratch.file(LENGTH));
    expect(await registration.read(fd, 0, 0, LENGTH)).toBe(LENGTH);
    expect(misplaced(memoryOf(registration), 0)).toBeUndefined();
    expect(await registration.read(fd, 5, 1000, 100)).toBe(100);
    expect(misplaced(memoryOf(registration).subarray(1000, 1100), 5)).toBeUndefined();
    expect(misplaced(memoryOf(registration).subarray(0, 1000), 0)).toBeUndefined();
  });

  test('brings bytes of the memory into a file, and makes it longer', async () => {
    const registration = registered();
    watermark(0, LENGTH).copy(memoryOf(registration));
    const path = scratch.file(Buffer.alloc(10));
    expect(await registration.write(fileOpen(path), 10, 64, LENGTH - 64)).toBe(LENGTH - 64);
    const bytes = fs.readFileSync(path);
    expect(bytes.length).toBe(LENGTH - 54);
    expect(misplaced(bytes.subarray(10), 64)).toBeUndefined();
  });

  test('counts from the start of the registration, not of the mapping', async () => {
    const mapping = opening(anonymous(LENGTH));
    const part = mapping.register({ provider: 'io_uring', offset: PAGE + 3, length: 100 });
    registrations.push(part);
    await part.read(fileOpen(scratch.file(LENGTH)), 0, 10, 90);
    expect(misplaced(mapping.view(PAGE + 13, 90), 0)).toBeUndefined();
    expect(mapping.view(0, PAGE + 13).equals(Buffer.alloc(PAGE + 13))).toBe(true);
    expectMisuse(await rejected(part.read(0, 0, 11, 90)), 'ERR_OUT_OF_RANGE', 'length');
  });

  test('at the end of the file moves fewer bytes, and behind it none', async () => {
    const registration = registered();
    const fd = fileOpen(scratch.file(100));
    expect(await registration.read(fd, 40, 0, LENGTH)).toBe(60);
    expect(await registration.read(fd, 100, 0, LENGTH)).toBe(0);
  });

  test('takes a FileHandle, which may be closed at once', async () => {
    const registration = registered();
    const handle = await open(scratch.file(LENGTH));
    const reading = registration.read(handle, 0, 0, LENGTH);
    await handle.close();
    expect(await reading).toBe(LENGTH);
    expect(misplaced(memoryOf(registration), 0)).toBeUndefined();
    expectSystemError(await rejected(registration.read(handle, 0, 0, 1)), 'EBADF', 'read');
  });

  test('is one of many at once; one more than the ring has is EAGAIN, and there is room again', async () => {
    const registration = registered();
    const fd = fileOpen(scratch.file(RING_DEPTH * 16));
    const all = Array.from({ length: RING_DEPTH }, (_, n) => registration.read(fd, n * 16, n * 16, 16));
    expectSystemError(await rejected(registration.read(fd, 0, 0, 1)), 'EAGAIN', 'read');
    expect(await Promise.all(all)).toEqual(Array.from({ length: RING_DEPTH }, () => 16));
    expect(misplaced(memoryOf(registration).subarray(0, RING_DEPTH * 16), 0)).toBeUndefined();
    expect(await registration.read(fd, 0, 0, 16)).toBe(16);
  });

  test('goes round the queues of the ring many times', async () => {
    const registration = registered();
    const fd = fileOpen(scratch.file(LENGTH));
    for (let round = 0; round < 5; round++) {
      const sizes = await Promise.all(Array.from({ length: 200 }, (_, n) => registration.read(fd, n, n, 1)));
      expect(new Set(sizes)).toEqual(new Set([1]));
    }
    expect(misplaced(memoryOf(registration).subarray(0, 200), 0)).toBeUndefined();
  });
});

uring.describe('a wrong argument', () => {
  test.each<readonly [string, readonly unknown[], string, string]>([
    ['no file', [undefined, 0, 0, 1], 'ERR_INVALID_ARG_TYPE', 'file'],
    ['a path', ['/etc/hosts', 0, 0, 1], 'ERR_INVALID_ARG_TYPE', 'file'],
    ['half a descriptor', [0.5, 0, 0, 1], 'ERR_INVALID_ARG_VALUE', 'file'],
    ['a position before the start', [0, -1, 0, 1], 'ERR_OUT_OF_RANGE', 'position'],
    ['a position of text', [0, '0', 0, 1], 'ERR_INVALID_ARG_TYPE', 'position'],
    ['no position', [0, null, 0, 1], 'ERR_INVALID_ARG_TYPE', 'position'],
    ['no bytes', [0, 0, 0, 0], 'ERR_OUT_OF_RANGE', 'length'],
    ['an offset behind the end', [0, 0, LENGTH + 1, 1], 'ERR_OUT_OF_RANGE', 'offset'],
    ['too many bytes', [0, 0, 1, LENGTH], 'ERR_OUT_OF_RANGE', 'length'],
  ])('%s', async (_title, args, code, argument) => {
    const registration = registered();
    for (const call of [registration.read, registration.write] as ReadonlyArray<(...all: unknown[]) => Promise<number>>)
      expectMisuse(await rejected(call.apply(registration, [...args])), code, argument);
  });

  test('a file that cannot be read or written: the errno', async () => {
    const registration = registered();
    const path = scratch.file(LENGTH);
    expectSystemError(await rejected(registration.write(fileOpen(path, O_RDONLY), 0, 0, 1)), 'EBADF', 'write');
    expectSystemError(await rejected(registration.read(fileOpen(scratch.dir, O_RDONLY), 0, 0, 1)), 'EINVAL', 'read');
  });

  test('a file that could keep a fence waiting for ever: EINVAL', async () => {
    const registration = registered();
    const pipe = scratch.path('pipe');
    execFileSync('mkfifo', [pipe]);
    const error = await rejected(registration.read(fileOpen(pipe), 0, 0, 1));
    expectSystemError(error, 'EINVAL', 'read');
    expect(error.message).toContain('regular files');
  });

  test("without 'local-write' the memory is a source only: EACCES", async () => {
    const registration = registered(undefined, []);
    const fd = fileOpen(scratch.file(LENGTH));
    expectSystemError(await rejected(registration.read(fd, 0, 0, 1)), 'EACCES', 'read');
    expect(await registration.write(fd, 0, 0, 1)).toBe(1);
  });

  test('a registration of another provider: EOPNOTSUPP', async () => {
    const registration = opening(anonymous(LENGTH)).register();
    registrations.push(registration);
    const error = await rejected(registration.read(fileOpen(scratch.file(LENGTH)), 0, 0, 1));
    expectSystemError(error, 'EOPNOTSUPP', 'read');
    expect(error.message).toContain("provider: 'io_uring'");
  });

  test("'remote-read': EOPNOTSUPP, for there are no peers", () => {
    const mapping = opening(anonymous(LENGTH));
    const error = thrown(() => mapping.register({ provider: 'io_uring', access: ['remote-read'] }));
    expectSystemError(error, 'EOPNOTSUPP', 'register');
  });
});

uring.describe('the end of a registration', () => {
  test('is EBUSY while a transfer is under way; afterwards a transfer is ECANCELED', async () => {
    const registration = registered();
    const fd = fileOpen(scratch.file(LENGTH));
    const reading = registration.read(fd, 0, 0, LENGTH);
    expect(thrown(() => registration.deregister())).toMatchObject({ code: 'EBUSY', syscall: 'deregister' });
    expect(await reading).toBe(LENGTH);
    registration.deregister();
    expectSystemError(await rejected(registration.read(fd, 0, 0, 1)), 'ECANCELED', 'read');
    expect(registration.valid).toBe(false);
  });

  test('leaves no descriptor and no area of memory behind', async () => {
    const fd = fileOpen(scratch.file(LENGTH));
    const held = (): readonly number[] => [
      fs.readdirSync('/proc/self/fd').length,
      fs.readFileSync('/proc/self/maps', 'latin1').split('io_uring').length,
    ];
    const mapping = opening(anonymous(LENGTH));
    const once = async (): Promise<void> => {
      const registration = mapping.register({ provider: 'io_uring' });
      await registration.read(fd, 0, 0, LENGTH);
      registration.deregister();
    };
    await once(); // the thread that waits has a descriptor, and stays
    const before = held();
    for (let round = 0; round < 20; round++) await once();
    expect(held()).toEqual(before);
  });

  const shared = skipUnless(fs.existsSync(SHARED), `there is no ${SHARED}`, `mount -t tmpfs none ${SHARED}`);

  /** A file on tmpfs, whose pages io_uring can pin. */
  function onTmpfs(): string {
    const path = `${SHARED}/mapdirect-io-uring-${process.pid}-${opened.length}`;
    fs.writeFileSync(path, watermark(0, LENGTH));
    return path;
  }

  /** The names of the files that rings of this process refer to. Some kernels list them without their folders. */
  function filesOfRings(): string[] {
    return fs.readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        const [, files = ''] = /^UserFiles:\t\d+\n((?: *\d+: .*\n)*)/m.exec(
          fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'),
        ) ?? [''];
        return files.split('\n').flatMap((line) =>
          line
            .split(': ')
            .slice(1)
            .map((file) => basename(file)),
        );
      } catch {
        return []; // that of the directory itself
      }
    });
  }

  // Without it bytes of a transfer were seen in the file of a killed process after the lock was free.
  shared.test('the ring keeps the lock of the seal: the kernel ends transfers of a killed process later', () => {
    const path = onTmpfs();
    try {
      const registration = registered(opening(map(path)));
      expect(filesOfRings()).toContain(basename(path));
      registration.deregister();
      expect(filesOfRings()).not.toContain(basename(path));
    } finally {
      fs.unlinkSync(path);
    }
  });

  // Of so many bytes from a disk some are under way when the fence begins.
  shared.test(
    'a fence waits for reads with O_DIRECT: the bytes of each are there before another user gets in',
    async () => {
      const BLOCK = 2 ** 16;
      const length = RING_DEPTH * BLOCK;
      const path = onTmpfs();
      try {
        fs.truncateSync(path, length);
        const mapping = opening(map(path));
        mapping.seal({ policy: 'breakable', deadline: 1 });
        const registration = registered(mapping);
        const source = scratch.file(length);
        const fd = fileOpen(source);
        fs.fsyncSync(fd);
        const direct = fileOpen(source, directOf(source));
        const all = Array.from({ length: RING_DEPTH }, (_, n) =>
          registration.read(direct, n * BLOCK, n * BLOCK, BLOCK),
        );
        await seals.requestBreak(path);
        const bytes = fs.readFileSync(path);
        expect(new Set(await Promise.all(all))).toEqual(new Set([BLOCK]));
        expect([misplaced(bytes, 0), mapping.faulted]).toEqual([undefined, true]);
      } finally {
        fs.unlinkSync(path);
      }
    },
  );

  shared.test('a fence waits for the transfers under way, whose results arrive, and refuses others', async () => {
    const path = onTmpfs();
    try {
      const mapping = opening(map(path));
      mapping.seal({ policy: 'breakable', deadline: 1 });
      const registration = registered(mapping);
      const fd = fileOpen(scratch.file(LENGTH));
      const fenced: string[] = [];
      registration.on('fenced', ({ reason }) => fenced.push(reason));
      const breaking = seals.requestBreak(path);
      const results: Promise<unknown>[] = [];
      const start = (block: number): void => {
        const reading = registration.read(fd, block * PAGE, block * PAGE, PAGE);
        results.push(reading.catch((error: NodeJS.ErrnoException) => error.code));
      };
      while (registration.valid) {
        for (let block = 0; block < LENGTH / PAGE; block++) start(block);
        await Promise.race([breaking, setImmediate()]);
      }
      await breaking;
      const seen = new Set(await Promise.all(results));
      expect(seen).toContain(PAGE);
      expect([...seen].filter((each) => each !== PAGE && each !== 'ECANCELED' && each !== 'EAGAIN')).toEqual([]);
      expect([fenced, mapping.faulted]).toEqual([['broken'], true]);
      expectSystemError(await rejected(registration.read(fd, 0, 0, 1)), 'ECANCELED', 'read', path);
    } finally {
      fs.unlinkSync(path);
    }
  });
});

/** Registers a file of the place, or is refused, as registration.md's table says; a read arrives with O_DIRECT, too. */
function checkPlace(place: Place): void {
  test('a mapped file is registered where the kernel pins its memory', async () => {
    const path = place.file(LENGTH);
    const mapping = opening(map(path));
    const { files: calls } = selectBackend('native');
    const { dax } = calls.stat(mapping.fd);
    const kind = memoryKindOf({ file: { device: undefined, dax, fileSystem: calls.fileSystem(mapping.fd) } });
    const refusal = ringRefusal(kind);
    if (refusal !== undefined) {
      const error = thrown(() => mapping.register({ provider: 'io_uring' }));
      expectSystemError(error, refusal, 'io_uring_register', path);
      expect(error.message).toContain('O_DIRECT into a view');
      expect(mapping.seals).toEqual([]);
      return;
    }
    const registration = registered(mapping);
    await registration.read(fileOpen(place.file(LENGTH)), PAGE, 0, LENGTH - PAGE);
    expect(misplaced(fs.readFileSync(path).subarray(0, LENGTH - PAGE), PAGE)).toBeUndefined();
  });

  test('a file of it is read with O_DIRECT', async () => {
    const path = place.file(LENGTH);
    let fd: number;
    try {
      fd = fileOpen(path, O_RDWR | O_DIRECT);
    } catch (error) {
      expect(error).toMatchObject({ code: 'EINVAL' }); // tmpfs before Linux 6.6
      return;
    }
    const registration = registered();
    expect(await registration.read(fd, 0, 0, LENGTH)).toBe(LENGTH);
    expect(misplaced(memoryOf(registration), 0)).toBeUndefined();
    watermark(PAGE, LENGTH).copy(memoryOf(registration));
    expect(await registration.write(fd, 0, 0, LENGTH)).toBe(LENGTH);
    expect(misplaced(fs.readFileSync(path), PAGE)).toBeUndefined();
  });
}

describe('on each file system', () => {
  for (const place of placesForSeals())
    uring.and(skipFor(place.missing)).suite(`on ${place.name}`, () => checkPlace(place));
});
