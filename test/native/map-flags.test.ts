import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAddon } from '../../lib/backend/native/load.js';
import type { Addon } from '../../lib/backend/native/addon.js';
import { errnoName } from '../../lib/core/errors.js';
import { mappedUnit } from '../../lib/storage/huge-pages.js';
import { constants, map, mmap, type MapOptions, type Mapping } from '../../lib/index.js';
import { expectDone, runChild } from '../support/run-child.js';
import { describeBackends, native } from '../support/backends.js';
import { expectSystemError, thrown } from '../support/errors.js';
import { mountable, mountPoint } from '../support/mounts.js';
import { Scratch } from '../support/scratch.js';

const {
  MAP_ANONYMOUS,
  MAP_DENYWRITE,
  MAP_EXECUTABLE,
  MAP_HUGETLB,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_SYNC,
  PAGE_SIZE,
  PROT_READ,
  PROT_WRITE,
} = constants;
const MAP_32BIT = 0x40;
const READ_WRITE = PROT_READ | PROT_WRITE;
const LENGTH = 4 * PAGE_SIZE;
const scratch = new Scratch();

/**
 * Every single bit but those that the options refuse by name: the type, MAP_FIXED and its like, MAP_ANONYMOUS,
 * MAP_SYNC.
 */
const REFUSED_BY_NAME = 0x0f | 0x10 | 0x20 | 0x0100 | 0x80000 | 0x100000;
const bits = Array.from({ length: 32 }, (_, at) => 2 ** at).filter((bit) => (bit & REFUSED_BY_NAME) === 0);

/** The answer of the kernel to each bit: the name of the errno, or 'granted'. */
type Answers = Readonly<Record<string, string>>;

function answers(question: (bit: number) => string): Answers {
  return Object.fromEntries(bits.map((bit) => [`0x${bit.toString(16)}`, withoutRoom(bit, question(bit))]));
}

// There may be no room below 2 GiB, now or a moment later: then the kernel knows the flag as well.
function withoutRoom(bit: number, answer: string): string {
  return bit === MAP_32BIT && answer === 'ENOMEM' ? 'granted' : answer;
}

function answerOf(attempt: () => Mapping): string {
  try {
    attempt().close();
    return 'granted';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe.each(['ext4', 'tmpfs'] as const)('every bit of flags, as mmap(2) itself has it (%s)', (type) => {
  const mount = mountPoint(type, 1 << 20);
  const needs = native.and(mountable(mount));
  let addon: Addon;
  let path = '';
  let fd = -1;

  beforeAll(() => {
    if ('skip' in mount) return;
    addon = (loadAddon() as { addon: Addon }).addon;
    path = join(mount.dir, 'bits');
    writeFileSync(path, Buffer.alloc(LENGTH));
    fd = openSync(path, 'r+');
  });
  afterAll(() => {
    if (fd >= 0) closeSync(fd);
  });

  /** A shared mapping: for a private one the kernel ignores bits that it does not know. */
  const kernel = (bit: number): string => {
    const result = addon.tryMap(fd, LENGTH, READ_WRITE, MAP_SHARED_VALIDATE | bit | 0);
    return result === 0 ? 'granted' : errnoName(result);
  };

  const further: readonly MapOptions[] = [
    { access: 'write' },
    { access: 'write', sync: 'off' },
    { access: 'copy' },
    { access: 'read' },
  ];
  needs.test.each(further.flatMap((options) => [options, { ...options, reserve: 2 * LENGTH }]))(
    'map(%j)',
    (options) => {
      expect(answers((bit) => answerOf(() => map(path, { ...options, flags: bit })))).toEqual(answers(kernel));
    },
  );

  needs.test.each(['MAP_SHARED', 'MAP_SHARED_VALIDATE', 'MAP_PRIVATE'] as const)('mmap(%s)', (name) => {
    expect(answers((bit) => answerOf(() => mmap(LENGTH, READ_WRITE, (constants[name] | bit) >>> 0, fd)))).toEqual(
      answers(kernel),
    );
  });

  needs.test.each(['MAP_SHARED', 'MAP_PRIVATE'] as const)('mmap(%s | MAP_ANONYMOUS)', (name) => {
    const anonymous = (bit: number): string => {
      if (kernel(bit) === 'EOPNOTSUPP') return 'EOPNOTSUPP';
      const result = addon.tryMap(
        -1,
        Math.max(LENGTH, mappedUnit(bit, undefined)),
        READ_WRITE,
        constants[name] | MAP_ANONYMOUS | bit | 0,
      );
      return result === 0 ? 'granted' : errnoName(result);
    };
    expect(
      answers((bit) => answerOf(() => mmap(LENGTH, READ_WRITE, (constants[name] | MAP_ANONYMOUS | bit) >>> 0, -1))),
    ).toEqual(answers(anonymous));
  });
});

describeBackends('a flag that is not known', (backend) => {
  test.each(['read', 'write', 'copy'] as const)("access '%s': EOPNOTSUPP with the bit", (access) => {
    const path = scratch.file(LENGTH);
    const error = thrown(() => map(path, { backend, access, flags: 0x1000200 }));
    expectSystemError(error, 'EOPNOTSUPP', 'mmap', path);
    expect(error.message).toContain('0x200, 0x1000000');
  });

  test('flags of a mapping are those that are honoured', () => {
    using mapping = map(scratch.file(LENGTH), { backend, flags: MAP_STACK | MAP_DENYWRITE | MAP_EXECUTABLE });
    expect(mapping.flags & (MAP_STACK | MAP_DENYWRITE | MAP_EXECUTABLE)).toBe(MAP_STACK);
  });
});

native.test('mmap(): a type that is none, and MAP_SYNC where it means nothing, are EOPNOTSUPP', () => {
  const fd = openSync(scratch.file(LENGTH), 'r+');
  try {
    for (const flags of [0x08 | MAP_PRIVATE, 0x08, 0x04 | MAP_SHARED, MAP_PRIVATE | MAP_SYNC]) {
      expectSystemError(
        thrown(() => mmap(LENGTH, READ_WRITE, flags, fd)),
        'EOPNOTSUPP',
        'mmap',
      );
    }
    expectSystemError(
      thrown(() => mmap(LENGTH, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_SYNC, -1)),
      'EOPNOTSUPP',
      'mmap',
    );
    expect(thrown(() => mmap(LENGTH, READ_WRITE, MAP_HUGETLB | MAP_SHARED, fd)).code).toBe('EINVAL');
  } finally {
    closeSync(fd);
  }
});

// In a process of its own: there is 1 GiB of such addresses, and this one may have used them up for other things.
native
  .andUnless(process.arch === 'x64', `${process.arch} has no MAP_32BIT`, 'run the tests on x86_64')
  .test('MAP_32BIT is below 2^31, with and without reserve', async () => {
    expectDone(await runChild('low-addresses', [scratch.file(LENGTH)]));
  });

// The memory of one entry in the page tables above the lowest.
const HUGE = (PAGE_SIZE * PAGE_SIZE) / 8;

native.test('with a reserve, memory and file have one phase of a huge page, and all of it is there', () => {
  const path = scratch.sparse(3 * HUGE);
  for (const offset of [0, PAGE_SIZE, 7 * PAGE_SIZE, HUGE - PAGE_SIZE, HUGE, HUGE + PAGE_SIZE]) {
    using mapping = map(path, { offset, length: HUGE, reserve: 2 * HUGE });
    expect(Number((mapping.address - BigInt(offset)) % BigInt(HUGE))).toBe(0);
    mapping.resize(2 * HUGE - PAGE_SIZE);
    mapping.view(2 * HUGE - PAGE_SIZE - 1, 1)[0] = 1;
  }
});
