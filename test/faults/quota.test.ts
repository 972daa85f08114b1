import { spawnSync } from 'node:child_process';
import { describe } from '@jest/globals';
import { native } from '../support/backends.js';
import { mountPoint, testOn } from '../support/mounts.js';
import { expectDone } from '../support/run-child.js';
import { MIB } from '../support/sizes.js';
import { runFault } from './run-fault.js';

function missing(): string | undefined {
  if (native.missing !== undefined) return native.missing;
  const { error } = spawnSync('btrfs', ['--version']);
  return error === undefined ? undefined : 'btrfs(8) is missing: apt-get install btrfs-progs';
}

// btrfs, because the quotas of other file systems need parts of the kernel that many machines lack, and do not bind
// root.
describe('a quota that is reached', () => {
  const skip = missing();
  const mount = skip === undefined ? mountPoint('btrfs', 128 * MIB) : { skip };

  testOn(mount, "a store into a hole: reason 'nospace', and EDQUOT from remap() until there is room", async (dir) => {
    expectDone(await runFault('quota', [dir]));
  });
});
