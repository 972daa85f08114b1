import { expect, test } from '@jest/globals';
import { bytesInWholeUnits, daxPlacement } from '../../../lib/storage/dax-placement.js';
import { Scratch } from '../../support/scratch.js';
import { SysTree } from '../../support/sys-tree.js';

const scratch = new Scratch();
const MIB = 2 ** 20;
const DEVICE = (259n << 8n) | 1n; // 259:1

test('a namespace in fsdax mode: its align, and the start of the partition', () => {
  const tree = new SysTree(scratch);
  tree.file('devices/nd/region0/pfn0.1/align', '2097152\n');
  tree.file('devices/nd/region0/pfn0.1/block/pmem0/pmem0p1/start', '4096\n');
  tree.link('dev/block/259:1', 'devices/nd/region0/pfn0.1/block/pmem0/pmem0p1');
  expect(daxPlacement(DEVICE, tree.root)).toEqual({ align: 2 * MIB, start: 2 * MIB });
});

test('a disk without partitions and without an align, and a device that is not there', () => {
  const tree = new SysTree(scratch);
  tree.file('devices/pci/block/vda/size', '8\n');
  tree.link('dev/block/259:1', 'devices/pci/block/vda');
  expect(daxPlacement(DEVICE, tree.root)).toEqual({ align: undefined, start: 0 });
  expect(daxPlacement(DEVICE, `${tree.root}/none`)).toEqual({ align: undefined, start: 0 });
});

test.each<[string, number, number, { offset: number; physical: number; length: number }[]]>([
  ['a run at a whole unit', 4 * MIB, 0, [{ offset: 0, physical: 2 * MIB, length: 4 * MIB }]],
  ['one byte less', 2 * MIB, 0, [{ offset: 0, physical: 2 * MIB, length: 4 * MIB - 1 }]],
  ['a run at half a unit', 0, 0, [{ offset: 0, physical: MIB, length: 4 * MIB }]],
  ['a partition that begins at half a unit mends it', 4 * MIB, MIB, [{ offset: 0, physical: MIB, length: 4 * MIB }]],
  ['offset and place are off by the same', 2 * MIB, 0, [{ offset: MIB, physical: 3 * MIB, length: 3 * MIB }]],
  ['a run shorter than its distance to the next unit', 0, 0, [{ offset: 1, physical: 1, length: 100 }]],
  [
    'several runs',
    4 * MIB,
    0,
    [
      { offset: 0, physical: 8 * MIB, length: 2 * MIB },
      { offset: 2 * MIB, physical: 5 * MIB, length: 2 * MIB },
      { offset: 4 * MIB, physical: 0, length: 2 * MIB },
    ],
  ],
])('%s: %d bytes in whole units', (_title, bytes, start, runs) => {
  expect(bytesInWholeUnits(runs, 2 * MIB, start)).toBe(bytes);
});
