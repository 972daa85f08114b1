// In the guest: faults of the memory under mappings of one place, by MADV_HWPOISON, truncation, and a disk that goes
// away. Argument: NAME.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { anonymous, constants, map, mmap, type Mapping } from '../../../lib/index.js';
import type { Place } from '../layout.js';
import { poison } from './bad-memory.js';
import { FailingDisk } from './failing-disk.js';
import { assertHealthy, assertLost, BAD, faultsOf, LENGTH, numberedFile, PAGE, readPage } from './lost-range.js';
import { runSupervised, type Check } from './supervised.js';

const HUGE = 2 ** 21;
const POISONED = { offset: BAD, length: PAGE, reason: 'poison' } as const;

/** Marks every page in a way that the file has not: the first byte. */
function storeEverywhere(mapping: Mapping): void {
  for (let at = 0; at < mapping.length; at += PAGE) mapping.view(at, 1)[0] = 100;
}

const poisonOnDax: Check = [
  'poison is survived and reported as the page; remap() reads the memory again',
  async (directory) => {
    const file = numberedFile(directory, 'poison');
    using mapping = map(file, { sync: 'require' });
    const faults = faultsOf(mapping);
    storeEverywhere(mapping);
    mapping.persist();
    poison(mapping, BAD);
    assert.equal(mapping.faulted, true);
    assert.deepEqual(faults, [POISONED]);
    assert.deepEqual(Buffer.from(mapping.view(BAD, PAGE)), Buffer.alloc(PAGE));
    assert.equal(mapping.view(BAD + PAGE, 1)[0], 100);
    await assertLost(mapping, POISONED);
    assertHealthy(mapping, file);
    mapping.remap(); // MADV_HWPOISON harms no byte of persistent memory
    assert.equal(mapping.faulted, false);
    assert.equal(mapping.view(BAD, 1)[0], 100);
    mapping.write(Buffer.from('again'), BAD);
    assert.equal(readPage(file, BAD).toString('latin1', 0, 5), 'again');
  },
];

/** The kernel reports a huge page as a whole. Its start is a multiple of its size in memory, not in the mapping. */
const poisonOfHugePage: Check = [
  'poison in a large mapping is reported as a page, or as the huge page around it',
  async (directory) => {
    const file = path.join(directory, 'huge');
    using mapping = map(file, { create: true, size: 8 * HUGE, offset: PAGE, sync: 'require' });
    storeEverywhere(mapping);
    mapping.persist();
    const faults = faultsOf(mapping);
    const bad = 3 * HUGE + 5 * PAGE;
    poison(mapping, bad);
    assert.equal(mapping.faulted, true);
    assert.equal(faults.length, 1);
    const [{ offset, length, reason } = { offset: 0, length: 0, reason: 'none' }] = faults;
    assert.ok(length === PAGE || length === HUGE, `length ${length}`);
    assert.equal((mapping.address + BigInt(offset)) % BigInt(length), 0n);
    assert.ok(offset <= bad && bad < offset + length);
    assert.equal(reason, 'poison');
    for (const at of [offset - PAGE, offset + length]) {
      assert.equal(mapping.view(at, 1)[0], 100);
      mapping.persist(at, PAGE);
    }
    process.stdout.write(`the fault has ${length} bytes\n`);
  },
];

const truncationOnDax: Check = [
  'a truncation under MAP_SYNC loses the tail; healthy lines stay durable, and remap() goes on when the file has grown',
  async (directory) => {
    const file = numberedFile(directory, 'truncated');
    using mapping = map(file, { sync: 'require' });
    assert.equal(mapping.durability.mapSync, true);
    const faults = faultsOf(mapping);
    storeEverywhere(mapping);
    fs.truncateSync(file, BAD);
    mapping.persist(0, BAD); // no access to the tail yet
    mapping.view(BAD + PAGE, 1)[0] = 7;
    const lost = { offset: BAD, length: LENGTH - BAD, reason: 'truncated' } as const;
    await assertLost(mapping, lost);
    assert.deepEqual(faults, [lost]);
    assertHealthy(mapping, file);
    assert.throws(() => mapping.remap(), { code: 'ERR_MAPPING_FAULT', ...lost });
    fs.truncateSync(file, LENGTH);
    mapping.remap();
    assert.equal(mapping.faulted, false);
    assert.deepEqual(Buffer.from(mapping.view(BAD, LENGTH - BAD)), Buffer.alloc(LENGTH - BAD));
    mapping.write(Buffer.from('again'), BAD);
    assert.equal(readPage(file, BAD).toString('latin1', 0, 5), 'again');
  },
];

const poisonOfDirtyPage: Check = [
  'poison in a dirty page of the page cache is reported, and remap() has the bytes of the disk',
  async (directory) => {
    const file = numberedFile(directory, 'dirty');
    using mapping = map(file);
    const faults = faultsOf(mapping);
    mapping.view(BAD, PAGE).fill(7);
    poison(mapping, BAD);
    assert.equal(mapping.faulted, true);
    assert.deepEqual(faults, [POISONED]);
    assert.equal(mapping.view(BAD, 1)[0], 0);
    assert.throws(() => mapping.persist(BAD, 8), { code: 'ERR_MAPPING_FAULT', ...POISONED });
    mapping.remap();
    assert.deepEqual(Buffer.from(mapping.view(BAD, PAGE)), Buffer.alloc(PAGE, BAD / PAGE));
  },
];

const poisonOfCleanPage: Check = [
  'poison in a clean page of the page cache loses nothing: the kernel reads it again',
  (directory) => {
    const file = numberedFile(directory, 'clean');
    using mapping = map(file);
    assert.equal(mapping.view(BAD, 1)[0], BAD / PAGE);
    poison(mapping, BAD);
    assert.equal(mapping.faulted, false);
    assert.deepEqual(Buffer.from(mapping.view(BAD, PAGE)), Buffer.alloc(PAGE, BAD / PAGE));
  },
];

const failingDisk: Check = [
  'a disk that goes away is reported as io, and remap() goes on when it is back',
  async () => {
    using disk = new FailingDisk();
    const file = numberedFile(disk.directory, 'file');
    disk.forget();
    using mapping = map(file);
    const faults = faultsOf(mapping);
    mapping.advise('random'); // no page is read before its time
    assert.equal(mapping.view(0, 1)[0], 0);
    disk.fail();
    const far = LENGTH - PAGE;
    assert.equal(mapping.view(far, 1)[0], 0);
    assert.equal(mapping.faulted, true);
    const lost = { offset: far, length: PAGE, reason: 'io' } as const;
    assert.deepEqual(faults, [lost]);
    assert.throws(() => mapping.persist(far, 8), { code: 'ERR_MAPPING_FAULT', ...lost });
    assert.throws(() => mapping.remap(), { code: 'ERR_MAPPING_FAULT', ...lost });
    disk.repair();
    mapping.remap();
    assert.equal(mapping.faulted, false);
    assert.equal(mapping.view(far, 1)[0], far / PAGE);
  },
];

function poisonOfMemory(title: string, make: () => Mapping): Check {
  return [
    `poison in ${title} is reported, and stays`,
    async () => {
      using mapping = make();
      const faults = faultsOf(mapping);
      storeEverywhere(mapping);
      poison(mapping, BAD);
      assert.equal(mapping.faulted, true);
      assert.deepEqual(faults, [POISONED]);
      assert.equal(mapping.view(BAD, 1)[0], 0);
      assert.equal(mapping.view(BAD + PAGE, 1)[0], 100);
      await assertLost(mapping, POISONED);
      assertHealthy(mapping, undefined);
    },
  ];
}

const { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } = constants;

function checksOf({ name, memory }: Place): readonly Check[] {
  if (memory === 'none') {
    return [
      poisonOfMemory('memory of anonymous()', () => anonymous(LENGTH)),
      poisonOfMemory('private memory of mmap()', () =>
        mmap(LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1),
      ),
    ];
  }
  if (memory === 'raw') return [poisonOfDirtyPage, poisonOfCleanPage, failingDisk];
  if (name.endsWith('-dax')) return [poisonOnDax, poisonOfHugePage, truncationOnDax];
  return [];
}

runSupervised(checksOf);
