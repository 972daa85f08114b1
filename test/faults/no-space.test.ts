import { describe } from '@jest/globals';
import { mountPoint, testOn, type FileSystemType } from '../support/mounts.js';
import { expectDone } from '../support/run-child.js';
import { runFault } from './run-fault.js';
import { native } from '../support/backends.js';
import { MIB } from '../support/sizes.js';

describe.each<[FileSystemType, number]>([
  ['tmpfs', 8 * MIB],
  ['ext4', 32 * MIB],
  ['xfs', 300 * MIB],
  ['btrfs', 128 * MIB],
])('a full file system: %s', (type, size) => {
  const mount = native.missing === undefined ? mountPoint(type, size) : { skip: native.missing };

  testOn(mount, 'a store into a hole is survived, reported, and goes on after remap()', async (dir) => {
    expectDone(await runFault('no-space', [dir, String(size), type]));
  });
});

describe('a hole of a file on a full tmpfs', () => {
  const mount = native.missing === undefined ? mountPoint('tmpfs', MIB) : { skip: native.missing };

  for (const name of ["access 'read'", "access 'copy'", 'a file that has become shorter']) {
    testOn(mount, `is 'nospace', and remap() tells what is missing: ${name}`, async (dir) => {
      expectDone(await runFault('hole-on-full-tmpfs', [dir, name]));
    });
  }
});
