import { test } from '@jest/globals';
import { describeNative, file } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

const EXITS = 12;

describeNative('an environment that ends inside a call', () => {
  test('96 workers, terminated at random moments of every kind of call, loading included: nothing is left (long: npm run soak:terminate)', async () => {
    expectDone(await runChild('terminate', [file(65536), '96'], { nodeArgs: ['--expose-gc'] }));
  });

  test(`process.exit(0) while two workers verify, ${EXITS} times: the exit code is 0`, async () => {
    for (let i = 0; i < EXITS; i++) expectDone(await runChild('exit-busy', [file(65536)]));
  });
});
