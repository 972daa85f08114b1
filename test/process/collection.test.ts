import { expect, test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

native.describe('garbage collection', () => {
  test('unmaps a dropped Mapping, not while a view or stream of it or a pin is held, and counts it as leaked', async () => {
    expectDone(await runChild('collect', [scratch.file(65536)], { nodeArgs: ['--expose-gc'] }));
  });

  test.each(['1', 'true'])(
    'MAPDIRECT_TRACE_LEAKS=%s: the warning MAPDIRECT_LEAK for the 1st, 10th, ... mapping of a place, with path and stack',
    async (word) => {
      // --no-warnings keeps it from stderr; the event is there all the same.
      const nodeArgs = ['--expose-gc', '--no-warnings'];
      const env = { MAPDIRECT_TRACE_LEAKS: word };
      expectDone(await runChild('leak-trace', [scratch.file(65536)], { nodeArgs, env }));
    },
  );

  test.each(['TRUE', 'yes', '2'])(
    'MAPDIRECT_TRACE_LEAKS=%s: the first mapping is an error that names the variable',
    async (word) => {
      const { code, stderr } = await runChild('leak-trace', [scratch.file(65536)], {
        nodeArgs: ['--expose-gc'],
        env: { MAPDIRECT_TRACE_LEAKS: word },
      });
      expect([
        code,
        stderr.includes('ERR_INVALID_ARG_VALUE'),
        stderr.includes("\"MAPDIRECT_TRACE_LEAKS\" argument must be '1' or 'true' (on), or '0' or 'false' (off)"),
      ]).toEqual([1, true, true]);
    },
  );

  test('without it: no warning', async () => {
    expectDone(await runChild('leak-trace', [scratch.file(65536)], { nodeArgs: ['--expose-gc'] }));
  });
});
