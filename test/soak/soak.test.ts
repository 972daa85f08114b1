// A short soak, and proofs that the soak can fail. The long one is `npm run soak`.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { native } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { DIST } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';
import { Ledger } from './ledger.js';
import { FILE_LENGTH, record, SLOT, slotOf } from './records.js';
import { trends, type Sample } from './samples.js';

const scratch = new Scratch();
const SECONDS = 15;

native.describe('a soak', () => {
  test(`${SECONDS} s with kills, full disks and power cuts: what was acknowledged is there, and nothing grows`, () => {
    const seed = String(Date.now() % 2 ** 31);
    const main = join(DIST, 'test', 'soak', 'main.js');
    const args = ['--expose-gc', main, '--seconds', String(SECONDS), '--seed', seed];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: cleanEnvironment() });
    expect({ seed, status, stderr, output: status === 0 ? '' : stdout }).toEqual({
      seed,
      status: 0,
      stderr: '',
      output: '',
    });
    expect(stdout).toMatch(/[1-9]\d* kills, [^]*[1-9]\d* records acknowledged, [1-9]\d* times one was read back/);
  });
});

describe('the ledger of a soak', () => {
  const FILE = 3;
  /** A ledger with acknowledged records, and their file. `lost` is left out of the file. */
  function ledgerOf(count: number, lost?: number): Ledger {
    const path = scratch.path();
    const bytes = Buffer.alloc(FILE_LENGTH);
    for (let sequence = 1; sequence <= count; sequence++) {
      if (sequence !== lost) record(FILE, sequence).copy(bytes, slotOf(sequence) * SLOT);
    }
    writeFileSync(path, bytes);
    const ledger = new Ledger(path, FILE);
    ledger.acknowledge(1, count, 0);
    return ledger;
  }

  test('reads each record back', () => {
    const ledger = ledgerOf(50);
    ledger.check();
    expect(ledger.checked).toBe(50);
  });

  test('finds a record that is lost', () => {
    expect(() => ledgerOf(50, 20).check()).toThrow('record 20 in slot 20: all zeros');
  });

  test('expects nothing behind the end of a truncated file, until a record is acknowledged that is newer', () => {
    const ledger = ledgerOf(50, 20);
    ledger.lose(slotOf(20) * SLOT, 2);
    ledger.check();
    expect(ledger.checked).toBe(19);
    ledger.acknowledge(51, 1, 1); // its store may be older than the truncation
    ledger.check();
    expect(ledger.checked).toBe(38);
    ledger.acknowledge(52, 1, 2);
    expect(() => ledger.check()).toThrow('record 52 in slot 52');
  });

  test('refuses an acknowledgement out of order', () => {
    expect(() => ledgerOf(50).acknowledge(52, 1, 0)).toThrow('record 52 was acknowledged, expected 51');
  });
});

describe('the trend of what a process uses', () => {
  const flat: Sample = { memory: 2 ** 26, descriptors: 20, threads: 10, areas: 200, lostByNode: 0 };
  const notFlat = (samples: readonly Sample[]) => trends(samples).flatMap(({ name, isFlat }) => (isFlat ? [] : [name]));

  test('may warm up, and swing', () => {
    const samples = Array.from({ length: 20 }, (_, i) => ({ ...flat, areas: 200 + 20 * (i % 2) }));
    expect(notFlat([{ ...flat, threads: 5, descriptors: 3 }, ...samples])).toEqual([]);
  });

  test.each([
    ['memory', 2 ** 22],
    ['descriptors', 1],
    ['threads', 1],
    ['areas', 20],
  ] as const)('%s must not grow', (name, step) => {
    const samples = Array.from({ length: 20 }, (_, i) => ({ ...flat, [name]: flat[name] + i * step }));
    expect(notFlat(samples)).toEqual([name]);
  });
});
