// The table "Eight bytes" of docs/durability.md, as the CPU stores: each row, on this version of Node.
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exact } from '../support/exact.js';
import { ROOT } from '../support/paths.js';
import { runChild } from '../support/run-child.js';

/** The largest number of stores of one word; 0: one store over two words. */
interface Pieces {
  readonly cold: number;
  readonly hot: number;
}

/** The forms of test/process/children/exact-pieces.ts for each row, by a part of its text. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  '`write()`': ['write()', 'write() of a large range', 'fill()'],
  '`persistWord()`': ['persistWord()'],
  '`Atomics.store()`': ['Atomics.store()'],
  '`array[i] = 1n`': [
    'array[i] = 1n',
    'float64array[i]',
    'DataView.setBigUint64()',
    'DataView.setFloat64()',
    'TypedArray.set()',
    'TypedArray.set() of 4 KiB',
    'Buffer.copy()',
  ],
  '`buffer.writeBigUInt64LE()`': ['writeBigUInt64LE()', 'writeDoubleLE()'],
  'the same over `arrayBuffer(offset)`': ['unaligned'],
  'anything on the emulation': [], // it writes files by system calls, and not by stores
};

const section = readFileSync(join(ROOT, 'docs', 'durability.md'), 'utf8')
  .split('\n## Eight bytes\n')[1]
  ?.split('\n## ')[0];
const rows = [...(section ?? '').matchAll(/^\| (.+) \| (.+) \|$/gm)]
  .slice(1) // its head
  .map(([, how = '', claim = '']) => ({ how, claim }));

function formsOf(how: string): readonly string[] | undefined {
  return Object.entries(FORMS).find(([part]) => how.startsWith(part))?.[1];
}

/** Whether these stores are as a row says. */
function agrees(claim: string, forms: readonly Pieces[]): boolean {
  const pieces = forms.flatMap(({ cold, hot }) => [cold, hot]);
  if (claim.startsWith('yes')) return pieces.every((count) => count === 1);
  if (claim === 'not promised') return pieces.some((count) => count > 1);
  if (claim === '**no**: eight stores of one byte') return pieces.every((count) => count === 8);
  return claim === '**no**: its words are not aligned' && pieces.every((count) => count === 0);
}

test('each row of the table has its forms', () => {
  expect(rows.length).toBe(Object.keys(FORMS).length);
  expect(rows.filter(({ how }) => formsOf(how) === undefined)).toEqual([]);
});

exact.test('each row is right', async () => {
  const { stdout, stderr } = await runChild('exact-pieces');
  expect(stderr).toBe('');
  const seen = JSON.parse(stdout) as Readonly<Record<string, Pieces>>;
  const wrong = rows.flatMap(({ how, claim }) => {
    const forms = (formsOf(how) ?? []).map((name) => ({ name, ...(seen[name] ?? { cold: NaN, hot: NaN }) }));
    return forms.length === 0 || agrees(claim, forms) ? [] : [{ how, claim, forms }];
  });
  expect(wrong).toEqual([]);
  expect(Object.keys(seen).sort()).toEqual(Object.values(FORMS).flat().sort());
});
