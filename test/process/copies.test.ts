import { test } from '@jest/globals';
import { copyPackage, describeNative, file } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

describeNative('two copies of the package in one process', () => {
  test('share one registry, and terminate() leaves nothing of either behind', async () => {
    const copies = [copyPackage('build'), copyPackage('build')];
    expectDone(await runChild('two-copies', [...copies, file(65536)], { nodeArgs: ['--expose-gc'] }));
  });
});
