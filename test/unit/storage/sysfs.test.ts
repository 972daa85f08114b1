import { expect, test } from '@jest/globals';
import { attempt, deviceNumber, readNumber, readText } from '../../../lib/storage/sysfs.js';
import { Scratch } from '../../support/scratch.js';

const scratch = new Scratch();

/** makedev(3) of glibc. */
function makedev(major: bigint, minor: bigint): bigint {
  return ((major & 0xfffff000n) << 32n) | ((major & 0xfffn) << 8n) | ((minor & 0xffffff00n) << 12n) | (minor & 0xffn);
}

// Linux uses 12 bits of a major and 20 bits of a minor number; glibc packs 32 bits of each.
test.each([
  [0n, 0n],
  [8n, 1n],
  [259n, 1n],
  [4095n, 1048575n],
  [5000n, 7n],
  [2n ** 32n - 1n, 2n ** 32n - 1n],
])('device number %i:%i', (major, minor) => {
  expect(deviceNumber(makedev(major, minor))).toBe(`${major}:${minor}`);
});
test('a file that is missing has no text and no number', () => {
  expect([readText(scratch.path()), readNumber(scratch.path())]).toEqual([undefined, undefined]);
});

test.each([
  ['42\n', 42],
  ['0', 0],
  ['', undefined],
  ['-1', undefined],
  ['4 kB', undefined],
])('a file with %p has the number %p', (text, number) => {
  expect(readNumber(scratch.file(Buffer.from(text)))).toBe(number);
});

test('attempt() gives the result, or undefined for an error', () => {
  expect(attempt(() => 1)).toBe(1);
  expect(
    attempt(() => {
      throw new Error('not here');
    }),
  ).toBeUndefined();
});
