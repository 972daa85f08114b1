import { expect, test } from '@jest/globals';
import { uncovered } from '../../../../lib/files/patch-fs/runtime.js';

// That the warning comes is tried on those runtimes themselves: test/runtimes/tour.cjs.
test('what the guard does not cover is told on Bun and Deno, and on Node there is nothing', () => {
  expect(uncovered({ node: '24.3.0', bun: '1.4.5' })).toContain('Bun.write()');
  expect(uncovered({ node: '24.3.0', deno: '2.9.6' })).toContain('Deno');
  expect(uncovered(process.versions)).toBeUndefined();
});
