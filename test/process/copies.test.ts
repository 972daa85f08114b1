import { test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { copyPackage } from '../support/package-copy.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('two copies of the package in one process', () => {
  test('share one registry, and terminate() leaves nothing of either behind', async () => {
    const copies = [copyPackage(scratch, 'build'), copyPackage(scratch, 'build')];
    expectDone(await runChild('two-copies', [...copies, scratch.file(65536)], { nodeArgs: ['--expose-gc'] }));
  });
});
