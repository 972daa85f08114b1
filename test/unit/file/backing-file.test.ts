import type { FileOperations } from '../../../lib/backend/file-operations.js';
import type { FileStatus } from '../../../lib/storage/file-status.js';
import { closeSync, constants as fsConstants, openSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { selectBackend } from '../../../lib/backend/select.js';
import { BackingFile } from '../../../lib/file/backing-file.js';
import { namesFilesByInode } from '../../../lib/storage/file-systems.js';
import { anonymous, attach, constants, map, mmap } from '../../../lib/index.js';
import { describeBackends, native } from '../../support/backends.js';
import { expectSystemError, thrown } from '../../support/errors.js';
import { O_PATH } from '../../../lib/backend/descriptor-flags.js';
import { Scratch } from '../../support/scratch.js';
import { linux } from '../../support/skip.js';

const { O_RDONLY, O_RDWR, S_IFREG } = fsConstants;
const scratch = new Scratch();

/**
 * Descriptors of files with one inode number on that file system, which cannot be had here; `closed` are those given
 * back.
 */
function filesOn(fileSystem: number): { files: FileOperations; closed: number[] } {
  const closed: number[] = [];
  const files = {
    fileSystem: () => fileSystem,
    close: (fd: number) => void closed.push(fd),
    adopt: (fd: number) => fd + 1000,
  } as unknown as FileOperations;
  return { files, closed };
}

const status: FileStatus = {
  dev: 7_000_001,
  ino: 42,
  rdev: 0,
  size: 4096,
  mode: S_IFREG | 0o600,
  uid: 0,
  allocated: 0,
  mount: 0,
  dax: false,
};

describe('a descriptor is shared where device and inode number name one open file, and only there', () => {
  test.each([
    ['ext4', 0xef53],
    ['xfs', 0x58465342],
    ['btrfs', 0x9123683e],
    ['f2fs', 0xf2f52010],
    ['tmpfs', 0x01021994],
  ])('%s: one for each access mode', (_name, type) => {
    expect(namesFilesByInode(type)).toBe(true);
    const { files, closed } = filesOn(type);
    const one = BackingFile.of(files, 11, O_RDONLY, status, { ownsDescription: true });
    const two = BackingFile.of(files, 12, O_RDONLY, status, { ownsDescription: true });
    const other = BackingFile.of(files, 13, O_RDWR, status, { ownsDescription: true });
    expect(two).toBe(one);
    expect(BackingFile.ofCallers(files, 14, O_RDONLY, status)).toBe(one);
    expect([one.fd, other.fd]).toEqual([11, 13]);
    for (const each of [one, one, one, other]) each.release();
    expect(closed).toEqual([12, 11, 13]);
    expect(BackingFile.known(files, O_RDONLY, status)).toBeUndefined();
  });

  test.each([
    ['overlay', 0x794c7630],
    ['FUSE and virtiofs', 0x65735546],
    ['9p', 0x01021997],
    ['NFS', 0x6969],
    ['CIFS', 0xff534d42],
    ['hugetlbfs, which uses numbers again', 0x958458f6],
    ['one that is not known', 0x12345678],
    ['one that does not say', 0],
  ])('%s: each its own', (_name, type) => {
    expect(namesFilesByInode(type)).toBe(false);
    const { files, closed } = filesOn(type);
    const one = BackingFile.of(files, 11, O_RDONLY, status, { ownsDescription: true });
    expect(one.openedElsewhere).toBe(false);
    const two = BackingFile.of(files, 12, O_RDONLY, status, { ownsDescription: true });
    const callers = BackingFile.ofCallers(files, 13, O_RDONLY, status);
    expect([one.fd, two.fd, callers.fd]).toEqual([11, 12, 1013]);
    expect(BackingFile.known(files, O_RDONLY, status)).toBeUndefined();
    expect(one.openedElsewhere).toBe(true); // perhaps: so the file must not be removed
    for (const each of [two, one, callers]) each.release();
    expect(closed).toEqual([12, 11, 1013]);
  });
});

native.test('memory without a name is never taken for other memory', () => {
  using one = anonymous(4096);
  using two = anonymous(4096);
  one.buffer.fill(1);
  expect(two.buffer[0]).toBe(0);
});

describeBackends('an O_PATH descriptor names a file and has not opened it', (backend) => {
  linux.test('EBADF says so, also while the file is mapped', () => {
    const path = scratch.path();
    writeFileSync(path, Buffer.alloc(4096));
    const fd = openSync(path, O_PATH);
    const { PROT_READ, MAP_PRIVATE } = constants;
    const calls = [
      () => map(fd, { access: 'read', backend }),
      () => map(fd, { access: 'copy', backend }),
      () => map(fd, { backend }),
      ...(backend === 'native' ? [() => mmap(4096, PROT_READ, MAP_PRIVATE, fd)] : []),
    ];
    const check = (): void => {
      for (const call of calls) {
        const error = thrown(call);
        expectSystemError(error, 'EBADF', 'fcntl');
        expect(error.message).toContain('O_PATH');
      }
    };
    try {
      check();
      using reader = map(path, { access: 'read', backend });
      using writer = map(path, { backend });
      expect(reader.length).toBe(writer.length);
      check();
    } finally {
      closeSync(fd);
    }
  });

  test('attach() takes none either', () => {
    const path = scratch.file(4096);
    using mapping = map(path, { backend });
    const fd = openSync(path, O_PATH);
    try {
      expectSystemError(
        thrown(() => attach(mapping.share(), { fd })),
        'EBADF',
        'fcntl',
      );
    } finally {
      closeSync(fd);
    }
  });

  test('the backend says EBADF, too', () => {
    const fd = openSync(scratch.file(1), O_PATH);
    const { files } = selectBackend(backend);
    try {
      expect(thrown(() => files.accessMode(fd)).code).toBe('EBADF');
      expect(thrown(() => files.adopt(fd)).code).toBe('EBADF');
    } finally {
      closeSync(fd);
    }
  });
});
