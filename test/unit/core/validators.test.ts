import { expect, test } from '@jest/globals';
import { checkOptions } from '../../../lib/core/check-options.js';
import { closestMatch } from '../../../lib/core/closest-match.js';
import { checkOneOf, formatList } from '../../../lib/core/validators.js';
import { expectMisuse, thrown } from '../../support/errors.js';

const known = ['offset', 'length', 'access', 'granularity'] as const;

test.each([
  [[], ''],
  [['a'], "'a'"],
  [['a', 'b'], "'a' or 'b'"],
  [['a', 'b', 'c'], "'a', 'b' or 'c'"],
])('listed %p is %p', (words, sentence) => {
  expect(formatList(words)).toBe(sentence);
});

test.each([
  ['offset', 'offset'],
  ['ofset', 'offset'],
  ['OFFSET', 'offset'],
  ['lenght', 'length'],
  ['granularety', 'granularity'],
  ['acess', 'access'],
  ['zzzzzz', undefined],
  ['', undefined],
])('meant by %p is %p', (word, right) => {
  expect(closestMatch(word, known)).toBe(right);
});

test('checkWord gives the word back, or names all of them', () => {
  expect(checkOneOf('length', 'x', known)).toBe('length');
  const error = thrown(() => checkOneOf('width', 'x', known));
  expectMisuse(error, 'ERR_INVALID_ARG_VALUE', 'x');
  expect(error.message).toContain("'offset', 'length', 'access' or 'granularity'");
  expectMisuse(
    thrown(() => checkOneOf(1, 'x', known)),
    'ERR_INVALID_ARG_TYPE',
    'x',
  );
});

test('a property that every object inherits is no option', () => {
  const everybodys = Object.create(null) as Record<string, unknown>; // stands in for Object.prototype
  everybodys['length'] = 1;
  const given = Object.assign(Object.create(everybodys) as object, { offset: 2 });
  const options = checkOptions<{ offset?: unknown; length?: unknown }>(
    given,
    'x',
    known.slice(0, 2) as ['offset', 'length'],
  );
  expect({ ...options }).toEqual({ offset: 2 });
  expect(options.length).toBeUndefined();
});

test('checkOptions takes known keys, whatever their values', () => {
  type Options = Partial<Record<(typeof known)[number], unknown>>;
  const given = { offset: undefined, access: 'read' };
  expect({ ...checkOptions<Options>(given, 'x', known) }).toEqual(given);
  expect(checkOptions<Options>(undefined, 'x', known)).toEqual({});
  expectMisuse(
    thrown(() => checkOptions<Options>({ ofset: 1 }, 'x', known)),
    'ERR_INVALID_ARG_VALUE',
    'x',
  );
  const { message } = thrown(() =>
    checkOptions<Options>({ readonly: true }, 'x', known, { readonly: "access: 'read'" }),
  );
  expect(message).toBe(`The "x" argument has no option 'readonly': access: 'read'. Received 'readonly'`);
  for (const value of [null, 1, 'offset', [], true])
    expectMisuse(
      thrown(() => checkOptions<Options>(value, 'x', known)),
      'ERR_INVALID_ARG_TYPE',
      'x',
    );
});
