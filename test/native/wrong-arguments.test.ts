import { test } from '@jest/globals';
import { native } from '../support/backends.js';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('an export of the addon refuses', () => {
  test.each([
    ['slots', 'a slot that is no number of a slot'],
    ['foreign', 'to change the addresses of a slot of another thread'],
    ['descriptors', 'a descriptor that is no number of a descriptor'],
    ['words', 'a word outside its range, and waiters of no thread'],
    ['lines', 'a flush of address space without pages'],
    ['pairs', 'pairs that are no Float64Array'],
    ['registers', 'to detach its own memory'],
  ])('%s: %s', async (way) => {
    expectDone(await runChild('wrong-arguments', [way, scratch.dir]));
  });
});
