import { describe, test } from '@jest/globals';
import { describeNative } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

const name =
  'where the global object is not of Node (jest-environment-jsdom) the package loads, and takes URLs and signals as node:fs does';

describe(name, () => test('emulated', async () => expectDone(await runChild('foreign-globals', ['emulated']))));
describeNative(name, () => test('native', async () => expectDone(await runChild('foreign-globals', ['native']))));
