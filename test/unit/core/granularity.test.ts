import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { granularities, parseForced, missingFor, type Granularity } from '../../../lib/core/granularity.js';
import type * as Module from '../../../lib/core/granularity.js';
import { expectMisuse, thrown } from '../../support/errors.js';

const FORCE = 'MAPDIRECT_FORCE_GRANULARITY';
const nothing = /^$/;
const sync = /^that needs MAP_SYNC: .*dax=always.*probe\(\)/;
const eadr = /^that needs a platform that flushes the CPU caches .*eADR.*cpu_cache/;
const both = /MAP_SYNC.*; and then .*eADR/;

describe('missingFor: finer than asked for is accepted, coarser is refused with the missing feature', () => {
  const cells: readonly (readonly [asked: Granularity, there: Granularity, missing: RegExp])[] = [
    ['byte', 'byte', nothing],
    ['byte', 'cache-line', eadr],
    ['byte', 'page', both],
    ['cache-line', 'byte', nothing],
    ['cache-line', 'cache-line', nothing],
    ['cache-line', 'page', sync],
    ['page', 'byte', nothing],
    ['page', 'cache-line', nothing],
    ['page', 'page', nothing],
  ];

  test.each(cells)("'%s' asked for, '%s' there", (asked, there, missing) => {
    expect(missingFor(asked, there) ?? '').toMatch(missing);
  });

  test('no cell of the table is left out, and none has an empty reason', () => {
    expect(new Set(cells.map(([asked, there]) => `${asked} ${there}`)).size).toBe(granularities.length ** 2);
    for (const [asked, there, missing] of cells)
      expect(missingFor(asked, there) === undefined).toBe(missing === nothing);
  });
});

test('granularities are frozen, finest first', () => {
  expect(granularities).toEqual(['byte', 'cache-line', 'page']);
  expect(Object.isFrozen(granularities)).toBe(true);
});

describe('parseForced', () => {
  test.each(granularities)("'%s' is itself", (word) => {
    expect(parseForced(word)).toBe(word);
  });

  test.each([[undefined], ['']])('%p is not set', (word) => {
    expect(parseForced(word)).toBeUndefined();
  });

  test.each(['Byte', 'BYTE', ' byte', 'byte ', 'cacheline', 'cache_line', 'pages', '0', '1', 'none', 'constructor'])(
    "'%s' is refused, naming the variable and the words",
    (word) => {
      const error = thrown(() => parseForced(word));
      expectMisuse(error, 'ERR_INVALID_ARG_VALUE', FORCE);
      expect(error.message).toContain("'byte', 'cache-line' or 'page'");
    },
  );
});

describe('forcedGranularity', () => {
  const before = process.env[FORCE];
  afterEach(() => {
    if (before === undefined) delete process.env[FORCE];
    else process.env[FORCE] = before;
  });

  /** As in a process that starts with this in its environment. */
  function fresh(word: string | undefined): typeof Module {
    if (word === undefined) delete process.env[FORCE];
    else process.env[FORCE] = word;
    let loaded: typeof Module | undefined;
    jest.isolateModules(() => (loaded = require('../../../lib/core/granularity.js') as typeof Module));
    return loaded as typeof Module;
  }

  test.each([undefined, '', ...granularities])('%p in the environment', (word) => {
    expect(fresh(word).forcedGranularity()).toBe(word === '' ? undefined : word);
  });

  test('is read once: a later change has no effect', () => {
    const { forcedGranularity } = fresh('byte');
    expect(forcedGranularity()).toBe('byte');
    process.env[FORCE] = 'page';
    expect(forcedGranularity()).toBe('byte');
  });

  test('a wrong word throws at every look, not only at the first', () => {
    const { forcedGranularity } = fresh('line');
    for (let look = 0; look < 2; look++) expectMisuse(thrown(forcedGranularity), 'ERR_INVALID_ARG_VALUE', FORCE);
  });
});
