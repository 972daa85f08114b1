import { expect, test } from '@jest/globals';
import { stats } from '../../lib/index.js';
import { native } from '../support/backends.js';
import { thrown } from '../support/errors.js';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.test('stats({ process: true }) counts all threads, and keeps the flushes of those that have ended', async () => {
  expectDone(await runChild('process-stats', [scratch.file(65536)]));
});

test('on the emulation it is refused: no thread can see the counts of another', async () => {
  const outcome = await runChild('process-stats', [scratch.file(65536)], { env: { MAPDIRECT_BACKEND: 'emulated' } });
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).toContain('EOPNOTSUPP');
  expect(outcome.stderr).toContain('call stats() in each thread');
});

test.each([
  [{ proces: true }, 'ERR_INVALID_ARG_VALUE', "did you mean 'process'?"],
  [{ process: 1 }, 'ERR_INVALID_ARG_TYPE', 'options.process'],
  [true, 'ERR_INVALID_ARG_TYPE', 'options'],
])('stats(%p) is %s', (options, code, part) => {
  const error = thrown(() => stats(options as object));
  expect(error).toMatchObject({ code, message: expect.stringContaining(part) });
});

native.test('a subscriber of a channel that throws does not break the call', async () => {
  expectDone(await runChild('throwing-subscriber', [scratch.file(65536)]));
});
