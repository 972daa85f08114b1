// examples/lookup
import { describe, expect, test } from '@jest/globals';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describeBackends, native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { runProgram } from './run-program.js';

const scratch = new Scratch();
const MIB = 2 ** 20;

/** Makes a table. @returns its path. */
function build(count: number, recordLength = 64): string {
  const path = scratch.path('table');
  const length = 4096 + count * recordLength;
  expect(runProgram('lookup', 'build.mjs', [path, String(count), String(recordLength)])).toEqual({
    status: 0,
    stdout: `${count} records, ${length} bytes\n`,
    stderr: '',
  });
  return path;
}

describeBackends('a lookup', (backend) => {
  const find = (path: string, ...keys: string[]) =>
    runProgram('lookup', 'find.mjs', [path, ...keys], { MAPDIRECT_BACKEND: backend });

  test.each([1, 2, 3, 1000])('finds each end of a table of %d records, and no key beside them', (count) => {
    const path = build(count);
    const last = String(count - 1).padStart(8, '0');
    const { status, stdout, stderr } = find(path, 'user-00000000', `user-${last}`, 'a', 'user-00000000x', 'z');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'user-00000000: value 0, at 4096',
      `user-${last}: value ${count - 1}, at ${4096 + (count - 1) * 64}`,
      'a: not found',
      'user-00000000x: not found',
      'z: not found',
      '',
    ]);
  });

  test('refuses a file that is no table, or a table without its end', () => {
    const other = scratch.file(8192, 'other');
    const short = build(100);
    truncateSync(short, 8192);
    const huge = build(100);
    const bytes = readFileSync(huge);
    bytes.writeBigUInt64LE(2n ** 63n, 12);
    writeFileSync(huge, bytes);
    expect(find(other, 'a')).toEqual({ status: 2, stdout: '', stderr: `${other} is not a table\n` });
    expect(find(short, 'a')).toEqual({ status: 2, stdout: '', stderr: `${short} is a damaged table\n` });
    expect(find(huge, 'a')).toEqual({ status: 2, stdout: '', stderr: `${huge} is a damaged table\n` });
  });
});

native.test('past 1 GiB each record is found, also on both sides of the border of two views', () => {
  const path = build(1500, MIB);
  const keys = [0, 1023, 1024, 1499].map((number) => `user-${String(number).padStart(8, '0')}`);
  expect(runProgram('lookup', 'find.mjs', [path, ...keys], { MAPDIRECT_BACKEND: 'native' })).toEqual({
    status: 0,
    stdout: [0, 1023, 1024, 1499]
      .map((number, i) => `${keys[i]}: value ${number}, at ${4096 + number * MIB}\n`)
      .join(''),
    stderr: '',
  });
});

describe('wrong arguments are refused with a sentence', () => {
  test.each([
    ['build.mjs', [], 'usage: node build.mjs FILE COUNT [RECORD_LENGTH]\n'],
    ['build.mjs', ['file', '0'], "COUNT must be 1 to 100000000, not '0'\n"],
    ['build.mjs', ['file', '1', '39'], "RECORD_LENGTH must be 40 to 1048576, not '39'\n"],
    ['find.mjs', ['file'], 'usage: node find.mjs FILE KEY...\n'],
  ])('%s %j', (program, args, stderr) => {
    expect(runProgram('lookup', program, args)).toEqual({ status: 2, stdout: '', stderr });
  });

  test('a key that is too long', () => {
    const key = 'k'.repeat(25);
    const stderr = `a key has 1 to 24 bytes and no zero byte, not '${key}'\n`;
    expect(runProgram('lookup', 'find.mjs', [build(1), key])).toEqual({ status: 2, stdout: '', stderr });
  });
});
