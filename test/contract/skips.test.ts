// A skipped test must say why, and how to run it. Only the helpers of test/support/skip.ts define skipped tests.
import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEST_SOURCES } from '../support/paths.js';
import { skipUnless } from '../support/skip.js';

const BARE = /\b(?:test|it|describe)(?:\.each)?\.(?:skip|only|todo)\b|\b[xf](?:it|test|describe)\(/;

function sources(): string[] {
  return readdirSync(TEST_SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
}

test('no test skips without a reason and a remedy, and no test runs alone', () => {
  const allowed = new Set([join('support', 'skip.ts')]);
  const found = sources()
    .filter((name) => !allowed.has(name))
    .flatMap((name) => {
      const lines = readFileSync(join(TEST_SOURCES, name), 'utf8').split('\n');
      return lines.flatMap((line, at) => (BARE.test(line) ? [`${name}:${at + 1}`] : []));
    });
  expect(found).toEqual([]);
});

test('a missing need has the reason and the remedy', () => {
  expect(skipUnless(true, 'a reason', 'a remedy').missing).toBeUndefined();
  expect(skipUnless(false, 'a reason', 'a remedy').missing).toBe('a reason: a remedy');
  const first = skipUnless(false, 'the first', 'a remedy');
  expect(first.and(skipUnless(false, 'the second', 'a remedy')).missing).toBe('the first: a remedy');
  expect(skipUnless(true, '', '').and(first).missing).toBe('the first: a remedy');
});
