// Each way to bring the process near vm.max_map_count: a clean ENOMEM, nothing changed, and the process lives on.
import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { constants, map, mmap, type Advice, type Mapping } from '../../../lib/index.js';

const { MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED, PAGE_SIZE, PROT_NONE, PROT_READ, PROT_WRITE } = constants;
const [way = '', path = '', copy = ''] = process.argv.slice(2);
const limit = Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'));
const kept: Mapping[] = [];

function sparse(pages: number): string {
  const fd = openSync(path, 'w+', 0o600);
  ftruncateSync(fd, pages * PAGE_SIZE);
  closeSync(fd);
  return path;
}

function keep(mapping: Mapping): Mapping {
  kept.push(mapping);
  return mapping;
}

/** `call` until it throws: that error, and how often it went well. */
function untilRefused(
  call: (index: number) => void,
  most: number,
): { error: Error & { code?: string; syscall?: string }; done: number } {
  let done = 0;
  try {
    for (; done < most; done++) call(done);
  } catch (error) {
    return { error: error as Error, done };
  }
  throw new Error(`all ${most} calls went well`);
}

function refusal(syscall: string, call: (index: number) => void, most: number, mostly?: 'joined'): number {
  const { error, done } = untilRefused(call, most);
  assert.equal(error.code, 'ENOMEM', error.message);
  assert.equal(error.syscall, syscall);
  assert.match(error.message, /vm\.max_map_count/);
  const left = limit - readFileSync('/proc/self/maps', 'latin1').split('\n').length;
  assert.ok(left >= (syscall === 'munlock' ? 650 : 1400), `${left} areas are left`);
  assert.ok(left <= 1600 || mostly === 'joined', `${left} areas are left: too soon`);
  return done;
}

/** Every second page of one mapping. */
function everySecond(change: (mapping: Mapping, offset: number) => void, syscall: string): Mapping {
  const mapping = keep(map(sparse(80_000)));
  refusal(syscall, (index) => change(mapping, 2 * index * PAGE_SIZE), 40_000);
  return mapping;
}

const advised = (advice: Advice) => (): void => {
  const mapping = everySecond((each, offset) => each.advise(advice, offset, PAGE_SIZE), 'madvise');
  mapping.advise('willneed'); // splits nothing
};

const ways: Readonly<Record<string, () => void>> = {
  reserve() {
    sparse(1);
    refusal('mmap', () => keep(map(path, { reserve: 2 * PAGE_SIZE })), 60_000);
  },
  shrink() {
    sparse(4);
    const most = 25_000;
    for (let i = 0; i < most; i++) keep(map(path, { reserve: 8 * PAGE_SIZE })).view(3 * PAGE_SIZE, 1);
    const cut = refusal('mmap', (index) => kept[index]?.resize(PAGE_SIZE), most);
    const first = kept[cut]; // as it was
    assert.equal(first?.length, 4 * PAGE_SIZE);
    assert.equal(first.view(3 * PAGE_SIZE, 1)[0], 0);
  },
  random: advised('random'),
  hugepage: advised('hugepage'),
  dontdump: advised('dontdump'),
  dontfork: advised('dontfork'),
  lock() {
    const mapping = everySecond((each, offset) => each.lock(offset, PAGE_SIZE), 'mlock2');
    mapping.unlock(); // joins them all again
    mapping.lock(0, PAGE_SIZE);
  },
  unlock() {
    const mapping = keep(mmap(80_000 * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1)); // nothing to bring in
    mapping.lock();
    refusal('munlock', (index) => mapping.unlock(2 * index * PAGE_SIZE, PAGE_SIZE), 40_000);
  },
  others() {
    // Another copy of the addon, as a stranger that charges nothing here: 49,000 areas before our first mapping, more
    // behind it.
    const stranger = {
      exports: {} as { map(fd: number, offset: number, length: number, prot: number, flags: number): number },
    };
    process.dlopen(stranger, copy);
    const take = (count: number): void => {
      for (let i = 0; i < count; i++)
        stranger.exports.map(
          -1,
          0,
          PAGE_SIZE,
          i % 2 === 0 ? PROT_READ : PROT_READ | PROT_WRITE,
          MAP_PRIVATE | MAP_ANONYMOUS,
        );
    };
    take(49_000);
    sparse(1);
    const done = refusal('mmap', (index) => keep(map(path, { access: index % 2 === 0 ? 'read' : 'write' })), 16_300);
    assert.ok(done > 10_000, `${done} mappings`);
  },
  memory() {
    refusal('mmap', () => keep(mmap(PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1)), 70_000);
  },
  neighbours() {
    // The kernel joins them: one area. Closing every second one makes an area of each that is left.
    refusal(
      'mmap',
      () => keep(mmap(PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1)),
      200_000,
      'joined',
    );
    kept.forEach((mapping, index) => index % 2 === 0 && mapping.close());
  },
};

/** Ordinary work, and garbage collections, small and large, which need areas of their own. */
function live(): void {
  const kinds: unknown[][] = [];
  for (let round = 0; round < 300; round++) {
    kinds.push(new Array<number>(100_000).fill(round));
    if (kinds.length > 60) kinds.shift();
  }
  globalThis.gc?.();
  assert.equal(kinds.at(-1)?.[99_999], 299);
}

const bring = ways[way];
assert.ok(bring, `no way '${way}'`);
bring();
live();
process.stdout.write('done\n');
process.exit(0); // closing them all is not the question
