import { test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

const EXITS = 12;

native.describe('an environment that ends inside a call', () => {
  test('96 workers, terminated at random moments of every kind of call, loading included: nothing is left (long: npm run soak:terminate)', async () => {
    expectDone(await runChild('terminate', [scratch.file(65536), '96'], { nodeArgs: ['--expose-gc'] }));
  });

  test(`process.exit(0) while two workers verify, ${EXITS} times: the exit code is 0`, async () => {
    for (let i = 0; i < EXITS; i++) expectDone(await runChild('exit-busy', [scratch.file(65536)]));
  });
});
