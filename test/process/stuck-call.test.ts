import { test } from '@jest/globals';
import { describeNative, file } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

describeNative('a background call that is stuck', () => {
  test('does not keep the seals and the descriptors of a worker that was terminated', async () => {
    expectDone(await runChild('stuck-call', [file(65536), file(65536)]));
  });
});
