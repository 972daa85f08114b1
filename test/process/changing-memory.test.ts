import { describe, test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('memory that changes during a call', () => {
  test.each(['page', 'cache-line', 'byte'])(
    "write() of a growable SharedArrayBuffer, granularity '%s': nothing behind the mapping is touched",
    async (granularity) => {
      const env = { MAPDIRECT_FORCE_GRANULARITY: granularity };
      expectDone(await runChild('growing-source', [scratch.file(2 ** 20), scratch.file(2 ** 20), '1000'], { env }));
    },
  );
});

describe('a buffer that says that it is longer than it is', () => {
  test('files.write() and files.append() write the bytes that are there', async () => {
    expectDone(await runChild('lying-view', [scratch.file(0)]));
  });
});
