// In the guest: media errors at one place. Arguments: NAME. A child process does the work: if it dies, that is a
// failure with its signal.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { constants, files, map, type BadBlock } from '../../../lib/index.js';
import { placeOf, type Place } from '../layout.js';
import { addressOf, declareBad, diskUnder, machineCheck, placeOnDisk, regionOf } from './bad-memory.js';
import { prepare } from './mounts.js';

const [, , name = '', role = ''] = process.argv;
const PAGE = constants.PAGE_SIZE;
const LENGTH = 16 * PAGE;
const BAD = 3 * PAGE; // the page that goes bad

type Check = readonly [title: string, run: (directory: string) => void | Promise<void>];

/** A file whose pages are all written: page `i` has bytes of `i`. */
function fileOf(directory: string, title: string): string {
  const file = path.join(directory, title);
  fs.writeFileSync(file, Buffer.concat(Array.from({ length: LENGTH / PAGE }, (_, i) => Buffer.alloc(PAGE, i))));
  const fd = fs.openSync(file, 'r');
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  return file;
}

function badBlocksOf(file: string, offset = 0): BadBlock[] {
  using mapping = map(file, { access: 'read', offset });
  return mapping.badBlocks();
}

function readPage(file: string, offset: number): Buffer {
  const fd = fs.openSync(file, 'r');
  try {
    const page = Buffer.alloc(PAGE);
    fs.readSync(fd, page, 0, PAGE, offset);
    return page;
  } finally {
    fs.closeSync(fd);
  }
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

/** The machine check comes by way of the NVDIMM driver. */
const machineChecks: Check = [
  'a machine check is in the list of the file, and read(2) is EIO',
  async (directory) => {
    const file = fileOf(directory, 'machine-check');
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
  },
];

const clearing: Check = [
  'a bad block is cleared by a hole and a write, and not before',
  (directory) => {
    const file = fileOf(directory, 'cleared');
    const disk = diskUnder(directory);
    const bad = BAD + 512; // one sector in the middle of a page
    declareBad(disk, placeOnDisk(file, bad));
    assert.deepEqual(badBlocksOf(file), [{ offset: bad, length: 512 }]);
    assert.throws(() => readPage(file, BAD), { code: 'EIO' });
    replacePage(file, BAD);
    assert.deepEqual(badBlocksOf(file), []);
    assert.deepEqual(readPage(file, BAD), Buffer.alloc(PAGE, 0xaa));
    assert.deepEqual(readPage(file, BAD + PAGE), Buffer.alloc(PAGE, BAD / PAGE + 1));
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
  return memory === 'virtio-pmem' ? [clearing] : [machineChecks];
}

async function runChecks(): Promise<void> {
  const place = placeOf(name);
  const at = prepare(place, true);
  for (const [title, run] of checksOf(place)) {
    process.stdout.write(`begins ${title}\n`);
    try {
      await run(at);
      process.stdout.write(`vm-test: passed ${name}: ${title}\n`);
    } catch (error) {
      process.stdout.write(
        `vm-test: failed ${name}: ${title}\nvm-note: ${String((error as Error).stack).replace(/\n/g, '\nvm-note: ')}\n`,
      );
    }
  }
}

/** The parent prints what the child printed, and its death. */
function superviseChecks(): void {
  prepare(placeOf(name));
  const args = [...process.argv.slice(1, 3), 'child'];
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  process.stdout.write(stdout);
  if (status === 0) return;
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  process.stdout.write(`vm-test: failed ${name}: the process ended (${signal ?? status}) after: ${last}\n`);
  process.stdout.write(`vm-note: ${stderr.trimEnd().replace(/\n/g, '\nvm-note: ')}\n`);
}

if (role === '') superviseChecks();
else void runChecks();
