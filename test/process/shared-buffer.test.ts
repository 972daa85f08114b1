import { expect, test } from '@jest/globals';
import { map } from '../../lib/index.js';
import { native } from '../support/backends.js';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.test('a worker stores into it without a copy, and it holds the mapping until it is collected', async () => {
  expectDone(await runChild('shared-buffer', [scratch.file(65536)], { nodeArgs: ['--expose-gc'] }));
});

native.test('a private mapping has none: EOPNOTSUPP with the remedy', () => {
  using mapping = map(scratch.file(4096), { access: 'read' });
  expect(() => mapping.sharedArrayBuffer()).toThrow(expect.objectContaining({ code: 'EOPNOTSUPP' }));
  expect(() => mapping.sharedArrayBuffer()).toThrow("access: 'write'");
});

test('the emulation has none: EOPNOTSUPP', () => {
  using mapping = map(scratch.file(4096), { backend: 'emulated' });
  expect(() => mapping.sharedArrayBuffer()).toThrow(expect.objectContaining({ code: 'EOPNOTSUPP' }));
});
