import { join } from 'node:path';
import { describeCall, nextCall } from './call.js';
import type { Fuzzed } from './round.js';

/** The public functions, methods and properties of the package, on both backends. */
export const publicInterface: Fuzzed = {
  title: 'public calls',
  program: join(__dirname, 'public-child.js'),
  describe: (random) => describeCall(nextCall(random)),
};

export const everything: readonly Fuzzed[] = [publicInterface];
