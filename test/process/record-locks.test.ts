// Linux drops the record locks of a process on a file with any descriptor of the file that it closes: map() closes none
// that it need not.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBackends } from '../support/backends.js';
import { python } from '../seals/protocol-programs.js';
import { expectDone, runChild } from '../support/run-child.js';
import { TEST_SOURCES } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';
import { root, skipFor } from '../support/skip.js';

const scratch = new Scratch();

const SOURCE = join(TEST_SOURCES, 'support', 'record_lock.c');
const library = join(scratch.dir, 'record_lock.so');

/** Why there can be no such lock in a child; undefined: there can. */
function missing(): string | undefined {
  if (process.platform !== 'linux') return "the locks are Linux's: run the tests on Linux";
  const interpreter = python();
  if (typeof interpreter === 'string') return interpreter;
  const { error, status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', library, SOURCE], { encoding: 'utf8' });
  if (error !== undefined) return 'no C compiler: apt-get install gcc';
  return status === 0
    ? undefined
    : `record_lock.c does not compile here (${stderr.split('\n')[0]}): install the headers of the C library`;
}

const needs = skipFor(missing());

describeBackends('the record locks of this process on a file that is mapped', (backend) => {
  const name = 'outlive a further map(), a refused one, and the end of all mappings of a kind but the last';
  needs.test(name, async () => {
    const path = scratch.file(8192);
    expectDone(await runChild('record-locks', [path, backend], { env: { LD_PRELOAD: library, RECORD_LOCK: path } }));
  });
});

// The price of not opening: the permission has to be asked for.
describeBackends('a file that is mapped already', (backend) => {
  root('becoming another user').test('is refused to a user without the permission to open it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'mapdirect-permission-'));
    try {
      expectDone(await runChild('no-longer-allowed', [dir, backend]));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
