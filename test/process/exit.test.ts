import { describe, expect, test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { backendNames, needsOf } from '../support/backends.js';

const scratch = new Scratch();

describe.each(backendNames)('the process ends with live mappings, %s', (backend) => {
  needsOf(backend).describe('however it ends', () => {
    const end = (how: string): ReturnType<typeof runChild> =>
      runChild('exit', [scratch.file(65536), how], { env: { MAPDIRECT_BACKEND: backend } });

    test('the loop runs empty: code 0', async () => {
      expectDone(await end('return'));
    });

    test('process.exit(3): code 3', async () => {
      expect(await end('exit')).toEqual({ code: 3, signal: null, stdout: 'done\n', stderr: '' });
    });

    test.each(['throw', 'reject'])('an uncaught error (%s): code 1 and its message', async (how) => {
      const { code, signal, stderr } = await end(how);
      expect({ code, signal }).toEqual({ code: 1, signal: null });
      expect(stderr).toContain('nobody catches this');
    });
  });
});
