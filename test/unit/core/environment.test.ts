import { afterEach, expect, test } from '@jest/globals';
import { environment } from '../../../lib/core/environment.js';

const { env } = process;
afterEach(() => {
  process.env = env;
});

test('it is what process.env says now', () => {
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
