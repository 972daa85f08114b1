import { expect, test } from '@jest/globals';
import { uncovered } from '../../../../lib/files/patch-fs/runtime.js';

// That the warning comes is tried on those runtimes themselves: test/runtimes/tour.cjs.
test('on Bun and Deno the guard names the functions that it does not cover; on Node there are none', () => {
  expect(uncovered({ node: '24.3.0', bun: '1.4.5' })).toContain('Bun.write()');
  expect(uncovered({ node: '24.3.0', deno: '2.9.6' })).toContain('Deno');
  expect(uncovered(process.versions)).toBeUndefined();
});
