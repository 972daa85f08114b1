import type { FileStatus } from '../../../lib/storage/file-status.js';
import { describe, expect, test } from '@jest/globals';
import { identity } from '../../../lib/storage/inode-id.js';
import { constants, map } from '../../../lib/index.js';
import { mountOf } from '../../../lib/storage/mounts.js';
import { thrown } from '../../support/errors.js';
import { onDax } from '../../support/expected-granularity.js';
import { Scratch } from '../../support/scratch.js';
import { native } from '../../support/backends.js';

const scratch = new Scratch();

function status(mount: number): FileStatus {
  return { dev: 1, ino: 2, rdev: 0, size: 3, mode: 4, uid: 0, allocated: 5, mount, dax: false };
}

describe('mountOf', () => {
  test('asks for the file system once per mount, and remembers the errno that refused MAP_SYNC there', () => {
    let asked = 0;
    const ask = (): number => ++asked;
    const first = mountOf(status(4_000_000_001), ask);
    first.syncRefusal.errno = -95;
    expect(mountOf(status(4_000_000_001), ask)).toBe(first);
    expect(mountOf(status(4_000_000_002), ask)).toEqual({ fileSystem: 2, syncRefusal: { errno: 0 } });
    expect(asked).toBe(2);
  });

  test('asks each time where the kernel does not tell mounts apart', () => {
    let asked = 0;
    const ask = (): number => ++asked;
    expect([mountOf(status(0), ask), mountOf(status(0), ask)].map((mount) => mount.fileSystem)).toEqual([1, 2]);
  });

  test('forgets rather than grow without end', () => {
    let asked = 0;
    for (let mount = 1; mount <= 3000; mount++) mountOf(status(mount), () => ++asked);
    const before = asked;
    mountOf(status(1), () => ++asked);
    expect(asked).toBe(before + 1);
  });
});

describe('identity', () => {
  test('is exact on both sides of 2^53', () => {
    expect(identity(2n ** 53n - 1n)).toBe(2 ** 53 - 1);
    expect(identity(2n ** 53n)).toBe(2n ** 53n);
    expect(identity(2n ** 53n + 1n)).not.toBe(identity(2n ** 53n));
    expect(identity(2n ** 64n - 1n)).toBe(2n ** 64n - 1n);
  });
});

// The first mappings of this test file: nothing is remembered yet.
native.describe('a flag that mmap(2) refuses', () => {
  test('is not remembered as a refusal of MAP_SYNC: not of the file, not of the mount', () => {
    const path = scratch.file(4096);
    using held = map(path, { sync: 'off' }); // its file is known from now on
    expect(held.durability.mapSync).toBe(false);
    expect(thrown(() => map(path, { flags: constants.MAP_HUGETLB })).code).toBe('EINVAL');
    for (const each of [path, scratch.file(4096)]) {
      using mapping = map(each);
      expect(mapping.durability.mapSync).toBe(onDax);
      if (!onDax) expect(mapping.durability.reasons.join(' ')).not.toContain('Linux 4.15');
    }
  });
});
