import { mkdirSync } from 'node:fs';
import { native } from '../support/backends.js';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

// Found by npm run fuzz.
native.test('-0 is 0 in each call that gives the number to node:fs', async () => {
  const folder = scratch.path();
  mkdirSync(folder);
  expectDone(await runChild('minus-zero', [folder]));
});
