// The loads of recovery, with trace: 'exact'. Its programs are children: a fault of the tracer ends the process.
import { expect, test } from '@jest/globals';
import { CrashSimulator, type CheckOptions } from '../../lib/testing/index.js';
import { exact } from '../support/exact.js';
import { expectDone, runChild } from '../support/run-child.js';

const SEED = process.env['MAPDIRECT_TEST_SEED'] ?? '20261128';

exact.test('each form of a load has its words, at 300 random places', async () => {
  expectDone(await runChild('exact-reads', ['loads', '300', SEED]));
});

exact.test('lock(), populate() and resize() work in a recovery, and a system call has EFAULT', async () => {
  expectDone(await runChild('exact-reads', ['kernel']));
});

test.each<[unknown, RegExp]>([
  [{ reads: true }, /options\.reads.*trace: 'exact'/],
  [{ reads: 1 }, /options\.reads/],
  [{ checksummed: 8 }, /options\.checksummed/],
  [{ checksummed: [{ offset: 0 }] }, /options\.checksummed\.length/],
  [{ checksummed: [{ offset: -1, length: 8 }] }, /options\.checksummed\.offset/],
])('%j is refused', async (options, message) => {
  using simulator = new CrashSimulator({ size: 4096 });
  await expect(simulator.check(Number, Boolean, options as CheckOptions)).rejects.toThrow(message);
});
