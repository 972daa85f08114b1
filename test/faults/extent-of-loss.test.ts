import { native } from '../support/backends.js';
import { expectDone } from '../support/run-child.js';
import { runFault } from './run-fault.js';
import { Scratch } from '../support/scratch.js';
import { PAGE } from '../support/sizes.js';

const scratch = new Scratch();

native.describe('the lost part of a mapping', () => {
  native.test.each([
    'cut to nothing: all of it',
    'cut inside a page: from the next page',
    'cut inside a page: a store behind the end, in its page, is no fault',
    'cut by less than a page: nothing but the last page',
    'with an offset',
    'with a length',
    'with a length that is not whole pages',
    'with a reserve',
    'that was resized',
    'of mmap()',
    'anonymous memory',
    "access 'read'",
    "access 'copy'",
  ])('%s', async (name) => {
    expectDone(await runFault('extent-of-loss', [scratch.file(16 * PAGE), name]));
  });
});
