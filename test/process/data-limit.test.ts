import { truncateSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { test } from '@jest/globals';
import { describeNative, file } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
const limited = hasPrlimit ? test : test.skip;

describeNative('a mapping that is larger than RLIMIT_DATA', () => {
  limited('may be closed while a view of it lives [needs prlimit(1): apt-get install util-linux]', async () => {
    const path = file(0);
    truncateSync(path, 4 * 2 ** 30);
    expectDone(await runChild('data-limit', [path], { through: ['prlimit', '--data=2000000000'] }));
  });
});
