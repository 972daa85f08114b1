import { fileURLToPath, parse, pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { isAbortSignal, isUint8Array, isUrl } from '../../../lib/core/foreign.js';

const url = pathToFileURL('/tmp/a b');
const like = { href: url.href, protocol: url.protocol, hostname: '', pathname: url.pathname };

test('a URL of any class is one, as node:fs has it', () => {
  for (const value of [url, like]) {
    expect(isUrl(value)).toBe(true);
    expect(fileURLToPath(value as URL)).toBe('/tmp/a b'); // a value that counts as a URL must be usable as one
  }
});

test('a value that node:fs does not take for a URL is none', () => {
  for (const value of [parse(url.href), url.href, {}, { href: url.href }, null, undefined, 1])
    expect(isUrl(value)).toBe(false);
});

test('a Uint8Array of another realm is one', () => {
  const foreign: unknown = runInNewContext('new Uint8Array(1)');
  expect(foreign).not.toBeInstanceOf(Uint8Array);
  expect([foreign, Buffer.alloc(1), new Uint8Array(1)].map(isUint8Array)).toEqual([true, true, true]);
  expect([new Uint16Array(1), new DataView(new ArrayBuffer(1)), [1], { length: 1 }, null].map(isUint8Array)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

test('an object of any class that takes abort listeners is a signal', () => {
  const like = { aborted: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  expect([like, new AbortController().signal].map(isAbortSignal)).toEqual([true, true]);
  expect([{ aborted: false }, new AbortController(), {}, null, undefined].map(isAbortSignal)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});
