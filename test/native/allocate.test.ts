import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from '@jest/globals';
import { describeNative, scratch } from '../support/fixtures.js';
import { expectDone, runChild } from '../support/run-child.js';
import { TEST_SOURCES } from '../support/paths.js';

const source = join(TEST_SOURCES, 'native', 'old_tmpfs.c');
const library = join(scratch, 'old_tmpfs.so');
const compiled =
  spawnSync(process.env['CC'] ?? 'cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']).status === 0;

describeNative('an allocation that signals interrupt', () => {
  const preloaded = compiled ? test : test.skip;
  preloaded(
    'ends, where a signal undoes it as on an old tmpfs [needs a C compiler: apt-get install gcc libc6-dev]',
    async () => {
      const nodeArgs = ['--cpu-prof', '--cpu-prof-interval=1000', `--cpu-prof-dir=${scratch}`];
      expectDone(await runChild('allocate', [join(scratch, 'allocated')], { nodeArgs, env: { LD_PRELOAD: library } }));
    },
  );
});
