import { describe, test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';

const name =
  'where the global object is not of Node (jest-environment-jsdom) the package loads, and takes URLs and signals as node:fs does';

describe(name, () => test('emulated', async () => expectDone(await runChild('foreign-globals', ['emulated']))));
native.describe(name, () => test('native', async () => expectDone(await runChild('foreign-globals', ['native']))));
