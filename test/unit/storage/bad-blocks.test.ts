import { beforeEach, describe, expect, test } from '@jest/globals';
import { chmodSync } from 'node:fs';
import { constants } from '../../../lib/core/constants.js';
import { errno } from '../../../lib/core/errors.js';
import { badBlockListOf } from '../../../lib/storage/bad-blocks.js';
import { Scratch } from '../../support/scratch.js';
import { linux } from '../../support/skip.js';
import { SysTree } from '../../support/sys-tree.js';

const scratch = new Scratch();
const DEVICE = (259n << 8n) | 1n; // 259:1
const PMEM = 'devices/ndbus0/region0/pfn0.1/block/pmem0';
const NO_BAD_BLOCKS = { blocks: [], end: Infinity };
const asUser = linux.andUnless(
  process.getuid?.() !== 0,
  'root is refused no permission',
  'run the tests as another user',
);

let sys: SysTree;

beforeEach(() => {
  sys = new SysTree(scratch);
});

describe('a block device', () => {
  const listOf = (device = DEVICE): unknown => badBlockListOf('block', device, sys.root);

  function pmem(badblocks: string): void {
    sys.file(`${PMEM}/badblocks`, badblocks);
    sys.link('dev/block/259:1', PMEM);
  }

  test('its list has sectors of 512 bytes', () => {
    pmem('8 1\n64 8\n4294967296 16\n');
    expect(listOf()).toEqual({
      blocks: [
        { offset: 4096, length: 512 },
        { offset: 32768, length: 4096 },
        { offset: 2 ** 41, length: 8192 },
      ],
      end: Infinity,
    });
  });

  test('an empty list means no bad block', () => {
    pmem('');
    expect(listOf()).toEqual(NO_BAD_BLOCKS);
  });

  test('an empty line, or no file, means that the kernel keeps no list', () => {
    pmem('\n');
    sys.file('devices/pci/block/vda/size', '1');
    sys.link('dev/block/259:2', 'devices/pci/block/vda');
    expect(listOf()).toEqual({ errno: errno.EOPNOTSUPP, reason: expect.stringMatching(/no list.* pmem0; .*smartctl/) });
    expect(listOf(DEVICE + 1n)).toEqual({ errno: errno.EOPNOTSUPP, reason: expect.stringContaining(' vda; ') });
  });

  test('a number without a device: it cannot be known', () => {
    expect(listOf()).toEqual({ errno: errno.EOPNOTSUPP, reason: expect.stringContaining('no device 259:1') });
  });

  test.each(['bad', '1\n', '1 2 3\n', '-1 2\n', '1 x\n'])('a list in another form (%j): it cannot be known', (text) => {
    pmem(text);
    expect(listOf()).toEqual({ errno: errno.EOPNOTSUPP, reason: expect.stringContaining('not known') });
  });

  test.each([
    ['in the middle of a line', '1000000 8\n'],
    ['at the end of a line', '100000 8\n'],
  ])('a list that is longer than the page that the kernel shows, cut %s: nothing is known behind it', (where, line) => {
    const page = line.repeat(1000).slice(0, constants.PAGE_SIZE - 1);
    expect(page.endsWith('\n')).toBe(where.startsWith('at the end'));
    pmem(page);
    const offset = Number(line.split(' ')[0]) * 512;
    const { blocks, end } = listOf() as { blocks: unknown[]; end: number };
    expect(blocks.length).toBe(page.split('\n').length - 1);
    expect([blocks.at(-1), end]).toEqual([{ offset, length: 4096 }, offset + 4096]);
  });

  test('a partition has the list of its disk, from its own start', () => {
    sys.file(`${PMEM}/badblocks`, '100 4\n2046 4\n2052 2\n');
    sys.file(`${PMEM}/pmem0p1/partition`, '1\n');
    sys.file(`${PMEM}/pmem0p1/start`, '2048\n');
    sys.link('dev/block/259:1', `${PMEM}/pmem0p1`);
    expect(listOf()).toEqual({
      blocks: [
        { offset: 0, length: 1024 },
        { offset: 2048, length: 1024 },
      ],
      end: Infinity,
    });
  });

  test('a partition whose start is not there, or whose disk has no list: it cannot be known', () => {
    sys.file(`${PMEM}/pmem0p1/partition`, '1\n');
    sys.link('dev/block/259:1', `${PMEM}/pmem0p1`);
    expect(listOf()).toMatchObject({ errno: errno.EOPNOTSUPP, reason: expect.stringContaining('no list') });
    sys.file(`${PMEM}/badblocks`, '');
    expect(listOf()).toMatchObject({ errno: errno.EOPNOTSUPP, reason: expect.stringContaining('start') });
  });

  asUser.test('a list that may not be read is EACCES', () => {
    pmem('8 1\n');
    chmodSync(`${sys.root}/${PMEM}/badblocks`, 0);
    expect(listOf()).toEqual({ errno: errno.EACCES, reason: expect.stringContaining('root') });
  });
});

describe('a device-dax', () => {
  const REGION = 'devices/ndbus0/region0';
  const listOf = (): unknown => badBlockListOf('char', DEVICE, sys.root);

  function dax(badblocks: string, resource: string | undefined): void {
    sys.file(`${REGION}/badblocks`, badblocks);
    sys.file(`${REGION}/resource`, '0x120000000\n');
    sys.file(`${REGION}/dax0.1/dax0.0/align`, '2097152\n');
    if (resource !== undefined) sys.file(`${REGION}/dax0.1/dax0.0/resource`, resource);
    sys.link('dev/char/259:1', `${REGION}/dax0.1/dax0.0`);
  }

  test('it has the list of its region, from its own start', () => {
    dax('10 1\n4096 8\n5000 1\n', '0x120200000\n');
    expect(listOf()).toEqual({
      blocks: [
        { offset: 0, length: 4096 },
        { offset: (5000 - 4096) * 512, length: 512 },
      ],
      end: Infinity,
    });
  });

  test('no bad block in the region', () => {
    dax('', '0x120200000\n');
    expect(listOf()).toEqual(NO_BAD_BLOCKS);
  });

  test('without the address, which only root may read, the place of a bad block is not known', () => {
    dax('4096 8\n', undefined);
    expect(listOf()).toEqual({
      errno: errno.EACCES,
      reason: expect.stringMatching(/region0 and dax0.0 .* run as root/),
    });
  });

  test('a device-dax of other memory than NVDIMMs has no list', () => {
    sys.file('devices/platform/hmem.0/dax1.0/align', '4096\n');
    sys.link('dev/char/259:1', 'devices/platform/hmem.0/dax1.0');
    expect(listOf()).toEqual({ errno: errno.EOPNOTSUPP, reason: expect.stringContaining('dax1.0') });
  });
});
