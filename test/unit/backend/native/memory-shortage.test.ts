import { expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryShortage, type RefusedMapping } from '../../../../lib/backend/native/memory-shortage.js';
import { Scratch } from '../../../support/scratch.js';

const scratch = new Scratch();
const GIB = 2 ** 30;

interface Machine {
  readonly space?: number;
  readonly data?: number;
  readonly overcommit?: number;
}

/** 1 GiB of address space and 512 MiB of data in use; 4 GiB of memory, 1 GiB of swap, 3 of 5 GiB promised. */
function proc({ space, data, overcommit = 0 }: Machine): string {
  const folder = scratch.path('proc');
  mkdirSync(join(folder, 'self'), { recursive: true });
  mkdirSync(join(folder, 'sys', 'vm'), { recursive: true });
  const row = (name: string, value: number | undefined): string =>
    `${name.padEnd(26)}${String(value ?? 'unlimited').padEnd(21)}unlimited            bytes     \n`;
  writeFileSync(
    join(folder, 'self', 'limits'),
    `Limit                     Soft Limit           Hard Limit           Units     \n${row('Max data size', data)}${row('Max address space', space)}`,
  );
  writeFileSync(join(folder, 'self', 'status'), 'Name:\tnode\nVmSize:\t 1048576 kB\nVmData:\t  524288 kB\n');
  writeFileSync(
    join(folder, 'meminfo'),
    'MemTotal:        4194304 kB\nSwapTotal:       1048576 kB\nCommitLimit:     5242880 kB\nCommitted_AS:    3145728 kB\n',
  );
  writeFileSync(join(folder, 'sys', 'vm', 'overcommit_memory'), `${overcommit}\n`);
  return folder;
}

const shared = (length: number): RefusedMapping => ({ length, isPrivate: false, isUnreserved: false });
const copy = (length: number): RefusedMapping => ({ length, isPrivate: true, isUnreserved: false });
const reading = (length: number): RefusedMapping => ({ length, isPrivate: true, isUnreserved: true });

test.each<[string, RefusedMapping, Machine, RegExp | undefined]>([
  ['within every limit', shared(GIB), { space: 2 * GIB, data: GIB }, undefined],
  ['a byte too much of RLIMIT_AS', shared(GIB + 1), { space: 2 * GIB }, /^RLIMIT_AS .* 2147483648 bytes.* 1073741824 /],
  ['shared memory is no data', shared(GIB), { data: 1 }, undefined],
  ['private memory is data', reading(GIB), { data: GIB }, /^RLIMIT_DATA .*access: 'write'/],
  ['both limits: address space first', copy(4 * GIB), { space: GIB, data: GIB }, /^RLIMIT_AS/],
  ['strict overcommit', reading(3 * GIB), { overcommit: 2 }, /^vm\.overcommit_memory is 2.*overcommit_ratio/],
  ['strict overcommit, within the promise', reading(2 * GIB), { overcommit: 2 }, undefined],
  ['strict overcommit, shared', shared(9 * GIB), { overcommit: 2 }, undefined],
  ['more than the machine has', copy(6 * GIB), {}, /5368709120 bytes of memory and swap.*MAP_NORESERVE/],
  ['as much as the machine has', copy(5 * GIB), {}, undefined],
  ['more than the machine has, unreserved', reading(6 * GIB), {}, undefined],
  ['more than the machine has, without a check', copy(6 * GIB), { overcommit: 1 }, undefined],
])('%s', (_title, wanted, machine, expected) => {
  const found = memoryShortage(wanted, proc(machine));
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(expected);
});

test('a system without /proc has no answer', () => {
  expect(memoryShortage(copy(2 ** 50), scratch.path('nothing'))).toBeUndefined();
});
