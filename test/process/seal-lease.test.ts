import { expect, test } from '@jest/globals';
import { describeNative, file } from './fixtures.js';
import { runChild } from './run-child.js';

const LIMIT = 60_000;

describeNative('a seal with a lease', () => {
  test.each([
    ['release', 'a stranger’s open waits, the holder hears meanwhile, releases, and the open returns'],
    ['deadline', 'without an answer the stranger is let in, and the seal says what it is worth then'],
    ['quiet', 'a probe, isSealed(), the guards of other threads, map() and extents() do not ring'],
    ['blocked', 'a breakable one gives way in time though its thread is blocked, pages first'],
    ['refused', 'another open of the file is in the way'],
  ])('%s: %s', async (scenario) => {
    const { code, signal, stdout, stderr } = await runChild('seal-lease', [file(16384), scenario], { limit: LIMIT });
    expect({ code, signal, stdout, stderr: stderr.replace(/^heard .* began\n/, '') }).toEqual({ code: 0, signal: null, stdout: 'done\n', stderr: '' });
    if (scenario === 'release') process.stdout.write(`  the holder ${stderr}`);
  }, LIMIT);
});
