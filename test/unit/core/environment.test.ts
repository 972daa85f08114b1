import { afterEach, expect, test } from '@jest/globals';
import { environment } from '../../../lib/core/environment.js';

const { env } = process;
afterEach(() => {
  process.env = env;
});

test('it has the current value of process.env', () => {
  process.env['MAPDIRECT_TEST_ONLY'] = 'a word';
  expect(environment['MAPDIRECT_TEST_ONLY']).toBe('a word');
  delete process.env['MAPDIRECT_TEST_ONLY'];
  expect(environment['MAPDIRECT_TEST_ONLY']).toBeUndefined();
});

test('a variable that may not be read is not set', () => {
  // As Deno without --allow-env, which CI also runs the package on.
  process.env = new Proxy(
    {},
    {
      get: () => {
        throw new Error('NotCapable');
      },
    },
  );
  expect(environment['MAPDIRECT_BACKEND']).toBeUndefined();
});
