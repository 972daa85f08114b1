import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { file, PAGE, watermark } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

describe('stores through the emulation', () => {
  test.each(['return', 'exit'])('reach the file when the process ends normally without close(): %s', async (how) => {
    const path = file(PAGE);
    expectDone(await runChild('emulated-end', [path, how]));
    const expected = watermark(PAGE);
    expected.write('persisted');
    expected.write('stored', 100);
    expect(readFileSync(path).equals(expected)).toBe(true);
  });

  test('do not after SIGKILL, unless they were persisted', async () => {
    const path = file(PAGE);
    expect(await runChild('emulated-end', [path, 'kill'])).toMatchObject({
      code: null,
      signal: 'SIGKILL',
      stdout: 'done\n',
    });
    const expected = watermark(PAGE);
    expected.write('persisted');
    expect(readFileSync(path).equals(expected)).toBe(true);
  });
});
