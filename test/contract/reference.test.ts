// The docstrings make a complete reference: TypeDoc reads them, as for the site.
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codesWithHeading } from '../support/error-codes.js';
import { DIST, ROOT } from '../support/paths.js';

/** A public item, as website/items.mts prints it. */
interface Item {
  readonly name: string;
  readonly text: string;
  /** The text of `@throws`; missing: it is not called. */
  readonly throws?: string;
  /** The programs of `@example`. */
  readonly example: string;
  /** The parts that are numbers, each with the text that must name its unit. */
  readonly numbers: readonly { readonly name: string; readonly text: string }[];
}

/** Words for a unit, and for the kinds of numbers that have none. */
const UNIT =
  /\b(bytes?|KiB|milliseconds?|microseconds?|seconds?|pages?|bits?|errno|descriptors?|permissions|index|counted|counts?|key|process|number of|flags|threads|words?|requests|seed|ibv_wc_status)\b|F_SEAL|MAP_/i;

/** An error code, or the call whose errors it has. */
const ERRORS = /\bE[A-Z][A-Z_]+\b|\bas \w+\(\)|errors of \w+\(\)/;

/** Calls that throw nothing of their own, and need no example: [dispose] stands for close() or release(). */
const PLAIN = [
  '[dispose]',
  '[asyncDispose]',
  'toJSON',
  'on',
  'once',
  'off',
  'addListener',
  'removeListener',
  'toString',
];
const WITHOUT_ERRORS = [
  ...PLAIN,
  'Pin.release',
  'WriterLock.release',
  'Endpoint.close',
  'stats',
  'CrashSimulator.ack',
  'CrashSimulator.settle',
  'CrashSimulator.storeLog',
];

const isOneOf = (names: readonly string[], { name }: Item) =>
  names.some((each) => name.endsWith(`.${each}`) || name.endsWith(`: ${each}`));

function publicItems(): Item[] {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(DIST, 'website', 'items.mjs')], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Item[];
}

const items = publicItems();
const calls = items.filter((item) => item.throws !== undefined);
/** PROT_READ and the like: the man page of the call has their text. */
const isConstant = ({ name }: Item) => /: [A-Z_]+$/.test(name);
const names = (some: readonly Item[]) => some.map(({ name }) => name);

test('the reference has each entry point that package.json exports', () => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: object };
  const specifiers = Object.keys(exports).filter((path) => path !== './package.json');
  const modules = new Set(items.map(({ name }) => name.split(': ')[0]));
  expect([...modules].sort()).toEqual(specifiers.map((path) => `mapdirect${path.slice(1)}`).sort());
  expect(items.length).toBeGreaterThan(400);
});

test('every public item has a text', () => {
  expect(names(items.filter((item) => item.text === '' && !isConstant(item)))).toEqual([]);
});

test('every public number has its unit, or says of which kind it is', () => {
  const numbers = items
    .filter((item) => !isConstant(item))
    .flatMap(({ name, numbers }) => numbers.map((each) => ({ item: name, ...each })));
  expect(numbers.length).toBeGreaterThan(150);
  const bare = numbers.filter(({ text }) => !UNIT.test(text));
  expect(bare.map(({ item, name }) => `${item} (${name})`)).toEqual([]);
});

test('every public call lists the codes of its errors, or the call whose errors it has', () => {
  expect(calls.length).toBeGreaterThan(90);
  const silent = calls.filter((item) => !ERRORS.test(item.throws ?? '') && !isOneOf(WITHOUT_ERRORS, item));
  expect(names(silent)).toEqual([]);
});

test('every code that a docstring lists has a heading in docs/errors.md', () => {
  const known = codesWithHeading();
  const listed = calls.flatMap(({ throws = '' }) => throws.match(/\b(?:ERR_[A-Z_]+|E[A-Z0-9]{2,})\b/g) ?? []);
  expect(listed.length).toBeGreaterThan(100);
  expect([...new Set(listed)].filter((code) => !known.has(code)).sort()).toEqual([]);
});

test('every public call has an example, of its own or in the one of its class', () => {
  const examples = new Map(items.map(({ name, example }) => [name, example]));
  const isShown = ({ name, example }: Item) => {
    const [, owner = '', method = ''] = /^(.*)\.(\w+)$/.exec(name) ?? [];
    return example !== '' || (method !== '' && (examples.get(owner) ?? '').includes(`.${method}(`));
  };
  expect(names(calls.filter((item) => !isShown(item) && !isOneOf(PLAIN, item)))).toEqual([]);
});
