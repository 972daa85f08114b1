import { join } from 'node:path';
import type { Addon } from '../../lib/backend/native/addon.js';
import { ADDON } from '../support/paths.js';
import { describeCall, nextCall } from './call.js';
import { describeNativeCall, exportNames, nextNativeCall, weightedNames } from './native-call.js';
import { publicCalls } from './public-calls.js';
import type { Fuzzed } from './round.js';

/** The public functions, methods and properties of the package, on both backends. */
export const publicInterface: Fuzzed = {
  title: 'public calls',
  program: join(__dirname, 'public-child.js'),
  names: publicCalls.map(({ name }) => name),
  describe: (random) => describeCall(nextCall(random)),
};

/** The exports of the addon, which trust TypeScript to check the arguments. */
export const nativeExports: Fuzzed = {
  title: 'native calls',
  program: join(__dirname, 'native-child.js'),
  names: exportNames(require(ADDON) as Addon),
  describe: (random) => describeNativeCall(nextNativeCall(random, weightedNames(require(ADDON) as Addon))),
};

export const everything: readonly Fuzzed[] = [publicInterface, nativeExports];
