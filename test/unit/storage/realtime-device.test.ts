import { expect, test } from '@jest/globals';
import { hasRealtimeDevice } from '../../../lib/storage/realtime-device.js';
import { Scratch } from '../../support/scratch.js';
import { SysTree } from '../../support/sys-tree.js';

const scratch = new Scratch();

test('the options of the superblock name the realtime device of an xfs', () => {
  const proc = new SysTree(scratch);
  proc.file(
    'self/mountinfo',
    [
      '20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw',
      '21 20 8:2 / /plain rw,noatime shared:2 master:3 - xfs /dev/sda2 rw,attr2,noquota',
      '22 20 8:3 / /realtime rw - xfs /dev/sda3 rw,attr2,rtdev=/dev/sdb,noquota',
      '23 20 8:4 / /first rw - xfs /dev/sda4 rtdev=/dev/sdc',
    ].join('\n'),
  );
  expect([2, 3, 4, 5].map((minor) => hasRealtimeDevice((8 << 8) | minor, proc.root))).toEqual([
    false,
    true,
    true,
    undefined,
  ]);
});

test('without /proc it is not known', () => {
  expect(hasRealtimeDevice(0x801, scratch.path())).toBeUndefined();
});
