// Checks that trace the loads of recovery. Its programs are children: a fault of the tracer ends the process.
import { exact } from '../support/exact.js';
import { expectDone, runChild } from '../support/run-child.js';
import type { Tier } from './steps.js';

const SEED = process.env['MAPDIRECT_TEST_SEED'] ?? '20261128';

exact.describe('only words that recovery reads are varied', () => {
  exact.test.each<[number, Tier]>([
    [80, { granularity: 'byte' }],
    [80, { granularity: 'cache-line' }],
    [80, { granularity: 'cache-line', lines: 'ordered' }],
    [60, { granularity: 'page' }],
    [10, { granularity: 'emulated' }],
  ])(
    'and %i random programs have the states and the verdict of a check of each content, of %j',
    async (count, tier) => {
      expectDone(await runChild('exact-reads', ['differential', String(count), SEED, JSON.stringify(tier)]));
    },
  );
});
