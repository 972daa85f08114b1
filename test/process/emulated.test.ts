import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { expectDone, runChild } from '../support/run-child.js';
import { PAGE } from '../support/sizes.js';
import { watermark } from '../support/watermark.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

describe('stores through the emulation', () => {
  test.each(['return', 'exit'])('reach the file when the process ends normally without close(): %s', async (how) => {
    const path = scratch.file(PAGE);
    expectDone(await runChild('emulated-end', [path, how]));
    const expected = watermark(0, PAGE);
    expected.write('persisted');
    expected.write('stored', 100);
    expect(readFileSync(path).equals(expected)).toBe(true);
  });

  test('do not after SIGKILL, unless they were persisted', async () => {
    const path = scratch.file(PAGE);
    expect(await runChild('emulated-end', [path, 'kill'])).toMatchObject({
      code: null,
      signal: 'SIGKILL',
      stdout: 'done\n',
    });
    const expected = watermark(0, PAGE);
    expected.write('persisted');
    expect(readFileSync(path).equals(expected)).toBe(true);
  });

  test('reach it also from a dropped mapping, which is kept once it has handed out a view or was read', async () => {
    const path = scratch.file(PAGE);
    expectDone(await runChild('emulated-drop', [path], { nodeArgs: ['--expose-gc'] }));
    expect(readFileSync(path, 'latin1').slice(0, 6)).toBe('stored');
  });
});
