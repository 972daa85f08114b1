import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { seeds } from '../support/random.js';
import { everything } from './fuzzed.js';
import { runRound, type Fuzzed } from './round.js';

const CALLS = 40_000;

test.each(everything.flatMap((fuzzed) => seeds(1).map((seed) => [fuzzed.title, seed, fuzzed] as const)))(
  '%s with hostile arguments end with a value or an error that has a code, and none is left out: seed %i',
  async (_title, seed, fuzzed) => {
    const { failure, called } = await runRound(fuzzed, { seed, calls: CALLS });
    expect(failure).toBeUndefined();
    expect([...called].sort()).toEqual([...fuzzed.names].sort());
  },
);

test('the report of a crash has the seed, the signal and the last calls', async () => {
  const crashing: Fuzzed = {
    title: 'crashing calls',
    program: join(__dirname, 'crashing-child.js'),
    names: [],
    describe: ({ position }) => `call at ${position}`,
  };
  const { failure: report } = await runRound(crashing, { seed: 5, calls: 3 });
  expect(report?.split('\n')).toEqual([
    'seed 5, 3 calls: signal SIGSEGV. It said:',
    'three calls',
    'The last calls:',
    '  call at 100',
    '  call at 101',
    '  call at 102',
  ]);
});
