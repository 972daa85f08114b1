import { expect, test } from '@jest/globals';
import { native } from '../support/backends.js';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { MIB } from '../support/sizes.js';

const scratch = new Scratch();
const withoutGuard = { MAPDIRECT_NO_FAULT_GUARD: '1' };

native.describe('createReadStream() of a file that becomes shorter', () => {
  test.each(['ahead', 'inside'])(
    '%s of the pages in memory: ERR_MAPPING_FAULT, and remap() continues',
    async (when) => {
      expectDone(await runChild('stream-faults', [scratch.file(4 * MIB), when]));
    },
  );

  test('ahead, without the fault guard: EFAULT', async () => {
    const outcome = await runChild('stream-faults', [scratch.file(4 * MIB), 'ahead'], { env: withoutGuard });
    expect(outcome).toEqual({ code: 0, signal: null, stdout: 'EFAULT\n', stderr: '' });
  });

  test('inside, without the fault guard: SIGBUS ends the process', async () => {
    const outcome = await runChild('stream-faults', [scratch.file(4 * MIB), 'inside'], { env: withoutGuard });
    expect(outcome).toEqual({ code: null, signal: 'SIGBUS', stdout: '', stderr: '' });
  });
});
