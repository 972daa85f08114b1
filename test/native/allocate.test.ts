import { join } from 'node:path';
import { compile } from '../support/compile.js';
import { expectDone, runChild } from '../support/run-child.js';
import { TEST_SOURCES } from '../support/paths.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { skipFor } from '../support/skip.js';

const scratch = new Scratch();

const source = join(TEST_SOURCES, 'native', 'old_tmpfs.c');
const library = join(scratch.dir, 'old_tmpfs.so');
const compiled = skipFor(native.missing ?? compile('c', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']));

native.describe('an allocation that signals interrupt', () => {
  compiled.test('ends, where a signal undoes it as on an old tmpfs', async () => {
    const nodeArgs = ['--cpu-prof', '--cpu-prof-interval=1000', `--cpu-prof-dir=${scratch.dir}`];
    expectDone(
      await runChild('allocate', [join(scratch.dir, 'allocated')], { nodeArgs, env: { LD_PRELOAD: library } }),
    );
  });
});
