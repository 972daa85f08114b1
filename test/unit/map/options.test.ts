import { expect, test } from '@jest/globals';
import { parseMapOptions, splitMapOptions } from '../../../lib/map/options.js';
import { thrown } from '../../support/errors.js';

test('no options, an empty object and undefined values give the same', () => {
  const defaults = parseMapOptions(undefined);
  expect(parseMapOptions({})).toEqual(defaults);
  const undefinedValues = Object.fromEntries(Object.keys(defaults).map((name) => [name, undefined]));
  expect(parseMapOptions(undefinedValues)).toEqual(defaults);
});

test('the options of the caller are not changed, and later changes are not seen', () => {
  const options = Object.freeze({ length: 100, access: 'read' as const });
  expect(parseMapOptions(options)).toMatchObject(options);
  const changing = { length: 1 };
  const parsed = parseMapOptions(changing);
  changing.length = 2;
  expect(parsed.length).toBe(1);
});

test.each([
  [{ access: 'read', create: true }, 'options.access'],
  [{ access: 'copy', size: 1 }, 'options.access'],
  [{ access: 'read', sync: 'require' }, 'options.access'],
  [{ access: 'read', granularity: 'byte' }, 'options.access'],
  [{ length: 2, reserve: 1 }, 'options.reserve'],
])('%j do not go together: the error names %s', (options, argument) => {
  const { code, message } = thrown(() => parseMapOptions(options));
  expect(code).toMatch(/^ERR_(INVALID_ARG_VALUE|OUT_OF_RANGE)$/);
  expect(message).toContain(argument);
});

test('the options of mapAsync() are those of map(), a signal and onProgress', () => {
  const { signal } = new AbortController();
  const onProgress = (): void => undefined;
  const split = splitMapOptions({ length: 1, signal, onProgress });
  expect([split.signal, split.onProgress]).toEqual([signal, onProgress]);
  expect(parseMapOptions(split.rest)).toEqual(parseMapOptions({ length: 1 }));
  expect(thrown(() => parseMapOptions({ signal })).code).toBe('ERR_INVALID_ARG_VALUE');
});
