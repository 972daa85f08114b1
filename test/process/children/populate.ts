// populate() and prefetch() of pages that can and that cannot be had: an error is an exception, never a signal.
import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants, map, mmap, type Mapping } from '../../../lib/index.js';

const { MAP_PRIVATE, MAP_SHARED, PAGE_SIZE, PROT_NONE, PROT_READ, PROT_WRITE } = constants;
const [way = '', path = ''] = process.argv.slice(2);
const PAGES = 64;
const EFAULT = { code: 'EFAULT', syscall: 'madvise' };
// The kernel of today says EINVAL of memory that may not be touched at all.
const NO_ACCESS = (error: { code?: string }): boolean =>
  error.code === 'EFAULT' || error.code === 'EINVAL' || error.code === 'ENOMEM';

function made(length: number): number {
  const fd = openSync(path, 'w+', 0o600);
  ftruncateSync(fd, length);
  return fd;
}

async function expectBoth(mapping: Mapping, refusal: object | typeof NO_ACCESS): Promise<void> {
  assert.throws(() => mapping.populate(), refusal);
  await assert.rejects(mapping.prefetch(), refusal);
  await assert.rejects(mapping.prefetch(0, mapping.length, { write: true }), refusal);
}

const ways: Readonly<Record<string, () => Promise<void>>> = {
  async present() {
    const content = Buffer.alloc(PAGES * PAGE_SIZE);
    for (let at = 0; at < content.length; at++) content[at] = at % 251;
    writeFileSync(path, content);
    for (const access of ['read', 'write', 'copy'] as const) {
      using mapping = map(path, { access, populate: true });
      await mapping.prefetch(0, mapping.length, { write: true });
      assert.deepEqual(mapping.residency(), { pages: PAGES, resident: PAGES });
      assert.ok(mapping.buffer.equals(content));
    }
    assert.ok(readFileSync(path).equals(content));
  },
  async writable() {
    closeSync(made(PAGES * PAGE_SIZE)); // a hole: making it writable allocates
    using mapping = map(path, { populate: true });
    assert.deepEqual(mapping.residency(), { pages: PAGES, resident: PAGES });
    mapping.persist();
    assert.ok(statSync(path).blocks >= (PAGES * PAGE_SIZE) / 512);
  },
  async end() {
    const fd = made(PAGE_SIZE);
    for (const flags of [MAP_SHARED, MAP_PRIVATE]) {
      using mapping = mmap(4 * PAGE_SIZE, PROT_READ | PROT_WRITE, flags, fd);
      await expectBoth(mapping, EFAULT);
      mapping.populate(0, PAGE_SIZE);
    }
    closeSync(fd);
  },
  async closed() {
    const fd = made(PAGE_SIZE);
    using mapping = mmap(PAGE_SIZE, PROT_NONE, MAP_SHARED, fd);
    closeSync(fd);
    await expectBoth(mapping, NO_ACCESS);
  },
  async full() {
    const fd = made(PAGES * PAGE_SIZE); // longer than the file system has room
    closeSync(fd);
    assert.throws(() => map(path, { populate: true }), EFAULT);
    using mapping = map(path);
    await assert.rejects(mapping.prefetch(0, mapping.length, { write: true }), EFAULT);
  },
};

async function main(): Promise<void> {
  const run = ways[way];
  assert.ok(run, `no way '${way}'`);
  await run();
  process.stdout.write('done\n');
}

void main();
