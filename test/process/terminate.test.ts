import { describe, expect, test } from '@jest/globals';
import { asyncCalls } from '../support/async-calls.js';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

const EXITS = 12;

native.describe('an environment that ends inside a call', () => {
  test('112 workers that end at random moments of every kind of call, loading included: nothing is left (long: npm run soak -- terminate)', async () => {
    expectDone(await runChild('terminate', [scratch.file(65536), '112'], { nodeArgs: ['--expose-gc'] }));
  });

  test(`process.exit(0) while two workers verify, ${EXITS} times: the exit code is 0`, async () => {
    for (let i = 0; i < EXITS; i++) expectDone(await runChild('exit-busy', [scratch.file(65536)]));
  });

  describe('the process ends in the middle of an asynchronous call', () => {
    const end = (call: string, how: string) => runChild('end-in-call', [scratch.file(65536), call, how]);

    test.each(Object.keys(asyncCalls))('%s: the exit code is that of process.exit()', async (call) => {
      expect(await end(call, 'exit')).toEqual({ code: 3, signal: null, stdout: 'done\n', stderr: '' });
    });

    test.each(Object.keys(asyncCalls))('%s: an uncaught error ends it with code 1', async (call) => {
      const { code, signal, stderr } = await end(call, 'throw');
      expect({ code, signal }).toEqual({ code: 1, signal: null });
      expect(stderr).toContain('nobody catches this');
    });
  });
});
