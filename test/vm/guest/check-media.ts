// In the guest: the bad blocks of one place, which stay bad for the life of the guest. Argument: NAME.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { constants, files, map, type BadBlock } from '../../../lib/index.js';
import type { Place } from '../layout.js';
import { addressOf, declareBad, diskUnder, machineCheck, placeOnDisk, regionOf } from './bad-memory.js';
import { assertHealthy, assertLost, BAD, faultsOf, numberedFile, PAGE, readPage } from './lost-range.js';
import { runSupervised, type Check } from './supervised.js';

/** An access to a block of the list. Linux 6.1 has one code for every error of DAX; 6.12 tells poison apart. */
const BAD_BLOCK = { offset: BAD, length: PAGE, reason: /^6\.1\./.test(os.release()) ? 'io' : 'poison' } as const;

function badBlocksOf(file: string, offset = 0): BadBlock[] {
  using mapping = map(file, { access: 'read', offset });
  return mapping.badBlocks();
}

/** As docs/media-errors.md tells. */
function replacePage(file: string, offset: number): void {
  const fd = files.open(file, 'r+');
  try {
    files.fallocate(fd, constants.FALLOC_FL_PUNCH_HOLE | constants.FALLOC_FL_KEEP_SIZE, offset, PAGE);
    files.write(fd, Buffer.alloc(PAGE, 0xaa), 0, PAGE, offset);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

const machineCheckOfFile: Check = [
  'a machine check is in the list of the file; the page is lost, and the rest is durable',
  async (directory) => {
    const file = numberedFile(directory, 'machine-check');
    assert.deepEqual(badBlocksOf(file), []);
    const disk = diskUnder(directory);
    const device = fs.realpathSync(`/sys/block/${disk}/device`);
    const place = placeOnDisk(file, BAD);
    await machineCheck(addressOf(device) + place, `/sys/block/${disk}/badblocks`, place / 512);
    assert.deepEqual(badBlocksOf(file), [{ offset: BAD, length: PAGE }]);
    assert.deepEqual(badBlocksOf(file, PAGE), [{ offset: BAD - PAGE, length: PAGE }]);
    assert.deepEqual(badBlocksOf(file, BAD + PAGE), []);
    assert.throws(() => readPage(file, BAD), { code: 'EIO' });
    assert.deepEqual(readPage(file, BAD + PAGE), Buffer.alloc(PAGE, BAD / PAGE + 1));

    using mapping = map(file, { sync: 'require' });
    const faults = faultsOf(mapping);
    assert.deepEqual(Buffer.from(mapping.view(BAD, PAGE)), Buffer.alloc(PAGE));
    assert.deepEqual(Buffer.from(mapping.view(BAD + PAGE, PAGE)), Buffer.alloc(PAGE, BAD / PAGE + 1));
    await assertLost(mapping, BAD_BLOCK);
    assert.deepEqual(faults, [BAD_BLOCK]);
    assertHealthy(mapping, file);
    assert.throws(() => mapping.remap(), { code: 'ERR_MAPPING_FAULT', ...BAD_BLOCK });
    await assertLost(mapping, BAD_BLOCK);
  },
];

const storeIntoBadBlock: Check = [
  'a store into a bad block is lost',
  async (directory) => {
    const file = numberedFile(directory, 'store');
    declareBad(diskUnder(directory), placeOnDisk(file, BAD + 1024));
    using mapping = map(file, { sync: 'require' });
    mapping.view(BAD, 1)[0] = 7;
    await assertLost(mapping, BAD_BLOCK);
    assertHealthy(mapping, file);
  },
];

const clearing: Check = [
  'a bad block is cleared by a hole and a write, and not before; then remap() has the new bytes',
  async (directory) => {
    const file = numberedFile(directory, 'cleared');
    const bad = BAD + 512; // one sector in the middle of a page
    declareBad(diskUnder(directory), placeOnDisk(file, bad));
    using mapping = map(file);
    assert.deepEqual(mapping.badBlocks(), [{ offset: bad, length: 512 }]);
    assert.throws(() => readPage(file, BAD), { code: 'EIO' });
    assert.equal(mapping.view(BAD, 1)[0], 0);
    await assertLost(mapping, BAD_BLOCK);
    replacePage(file, BAD);
    assert.deepEqual(mapping.badBlocks(), []);
    assert.deepEqual(readPage(file, BAD), Buffer.alloc(PAGE, 0xaa));
    assert.equal(mapping.faulted, true);
    mapping.remap();
    assert.equal(mapping.faulted, false);
    assert.deepEqual(Buffer.from(mapping.view(BAD, PAGE)), Buffer.alloc(PAGE, 0xaa));
    mapping.write(Buffer.from('again'), BAD);
    assert.equal(readPage(file, BAD).toString('latin1', 0, 5), 'again');
  },
];

const machineCheckOfDevice: Check = [
  'a machine check is in the list of the device-dax, from the start of the mapping',
  async (device) => {
    const inSys = `/sys/bus/dax/devices/${path.basename(device)}`;
    const region = regionOf(inSys);
    using mapping = map(device);
    assert.deepEqual(mapping.badBlocks(), []);
    const bad = 2 ** 22 + BAD;
    const address = addressOf(inSys) + bad;
    await machineCheck(address, `${region}/badblocks`, (address - addressOf(region)) / 512);
    assert.deepEqual(mapping.badBlocks(), [{ offset: bad, length: PAGE }]);
    using rest = map(device, { offset: 2 ** 21 });
    assert.deepEqual(rest.badBlocks(), [{ offset: bad - 2 ** 21, length: PAGE }]);
  },
];

function checksOf({ memory }: Place): readonly Check[] {
  if (memory === 'devdax') return [machineCheckOfDevice];
  return memory === 'virtio-pmem' ? [clearing] : [machineCheckOfFile, storeIntoBadBlock];
}

runSupervised(checksOf);
