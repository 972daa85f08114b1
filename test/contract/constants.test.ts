import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { loadAddon } from '../../lib/backend/native/load.js';
import { adviceNumbers, constants } from '../../lib/core/constants.js';
import { native } from '../support/backends.js';
import { skipUnless } from '../support/skip.js';

const loaded = loadAddon();
// Not in the headers of every supported distribution.
const newer: Readonly<Record<string, string>> = { F_SEAL_EXEC: 'Linux 6.3' };
const known: Readonly<Record<string, number>> = constants;

native.suite('the C headers', () => {
  if ('reason' in loaded) throw new Error(loaded.reason);
  const headers = loaded.addon.constants();
  const names = Object.keys(constants).filter((name) => name !== 'PAGE_SIZE');
  const named = (name: string): boolean => name in headers || !(name in newer);
  for (const name of names.filter((each) => !named(each))) {
    const reason = `the addon was built with headers that are older than ${newer[name]}`;
    skipUnless(false, reason, 'build it with newer headers').test(name, () => undefined);
  }

  test.each(names.filter(named))('%s has the value of the C headers', (name) => {
    expect(known[name]).toBe(headers[name]);
  });

  test('none of the headers is left out', () => {
    expect(Object.keys(headers).filter((name) => !(name in constants))).toEqual([]);
  });
});

test('PAGE_SIZE is that of this machine', () => {
  expect(constants.PAGE_SIZE).toBe(Number(execFileSync('getconf', ['PAGE_SIZE'], { encoding: 'utf8' })));
});

test('both tables are frozen', () => {
  expect(Object.isFrozen(constants)).toBe(true);
  expect(Object.isFrozen(adviceNumbers)).toBe(true);
});

test('every advice word has its MADV_ number', () => {
  for (const [word, number] of Object.entries(adviceNumbers)) expect(known[`MADV_${word.toUpperCase()}`]).toBe(number);
});
