import { truncateSync } from 'node:fs';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { prlimit } from '../support/skip.js';

const scratch = new Scratch();

native.describe('a mapping that is larger than RLIMIT_DATA', () => {
  prlimit.test('may be closed while a view of it lives', async () => {
    const path = scratch.file(0);
    truncateSync(path, 4 * 2 ** 30);
    expectDone(await runChild('data-limit', [path], { through: ['prlimit', '--data=2000000000'] }));
  });
});
