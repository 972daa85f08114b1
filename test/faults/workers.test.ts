import { native } from '../support/backends.js';
import { expectDone } from '../support/run-child.js';
import { runFault } from './run-fault.js';
import { Scratch } from '../support/scratch.js';
import { PAGE } from '../support/sizes.js';

const scratch = new Scratch();

native.describe('a worker thread that touches lost pages survives it, and so does the process: a worker that', () => {
  native.test.each([
    'began before the guard, with a mapping of its own',
    'began before the guard, with attach()',
    'began after the guard, with a mapping of its own',
    'began after the guard, with attach()',
    'is terminated after its fault',
  ])('%s', async (how) => {
    expectDone(await runFault('worker-access', [scratch.file(16 * PAGE), how]));
  });
});
