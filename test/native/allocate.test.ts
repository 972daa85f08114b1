import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expectDone, runChild } from '../support/run-child.js';
import { TEST_SOURCES } from '../support/paths.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { skipUnless } from '../support/skip.js';

const scratch = new Scratch();

const source = join(TEST_SOURCES, 'native', 'old_tmpfs.c');
const library = join(scratch.dir, 'old_tmpfs.so');
const compiled = skipUnless(
  spawnSync(process.env['CC'] ?? 'cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']).status === 0,
  'old_tmpfs.c does not compile',
  'apt-get install gcc libc6-dev',
);

native.describe('an allocation that signals interrupt', () => {
  compiled.test('ends, where a signal undoes it as on an old tmpfs', async () => {
    const nodeArgs = ['--cpu-prof', '--cpu-prof-interval=1000', `--cpu-prof-dir=${scratch.dir}`];
    expectDone(
      await runChild('allocate', [join(scratch.dir, 'allocated')], { nodeArgs, env: { LD_PRELOAD: library } }),
    );
  });
});
