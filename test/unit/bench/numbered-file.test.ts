import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { numberedBytes, randomOffsets, sumOfRange, writeNumbered } from '../../../bench/numbered-file.js';

const MIB = 2 ** 20;

const sumOf = (bytes: Buffer): number =>
  new Uint32Array(new Uint8Array(bytes).buffer).reduce((sum, word) => sum + word, 0);

test('each block of 64 bytes is full of its number, also behind the first MiB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mapdirect-numbered-'));
  try {
    writeNumbered(join(folder, 'file'), 2 * MIB, { onDisk: false });
    const bytes = readFileSync(join(folder, 'file'));
    expect(bytes.length).toBe(2 * MIB);
    expect(bytes.readUInt32LE(MIB + 3 * 64 + 60)).toBe(MIB / 64 + 3);
    expect(bytes.subarray(MIB - 4096, MIB + 4096)).toEqual(numberedBytes(MIB - 4096, 8192));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  [0, 64],
  [64, 4096],
  [2 ** 32 - 4096, 4096],
])('sumOfRange(%d, %d) is the sum of the words', (offset, length) => {
  expect(sumOfRange(offset, length)).toBe(sumOf(numberedBytes(offset, length)));
});

test('randomOffsets: the same multiples of the step below the end, at each call', () => {
  const take = (next: () => number): number[] => Array.from({ length: 1000 }, next);
  const offsets = take(randomOffsets(4096, 2 ** 32));
  expect(take(randomOffsets(4096, 2 ** 32))).toEqual(offsets);
  expect(offsets.every((offset) => offset % 4096 === 0 && offset >= 0 && offset < 2 ** 32)).toBe(true);
  expect(new Set(offsets).size).toBeGreaterThan(990);
  expect(Math.max(...offsets)).toBeGreaterThan(2 ** 31);
});
