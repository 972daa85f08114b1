// create: true lets the kernel resolve the path and judge the file, so its rules for directories that others may write
// hold.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { describeBackends } from '../support/backends.js';
import { expectDone, runChild } from '../support/run-child.js';
import { CHILDREN } from '../support/paths.js';
import { skipFor } from '../support/skip.js';

/** `npm test` races some thousand times; MAPDIRECT_TEST_RACES has it race as often as that says. */
const RACES = process.env['MAPDIRECT_TEST_RACES'] ?? '3000';

/** Why a test that needs another user and that rule cannot run here; undefined: it can. */
function missing(rule: string): string | undefined {
  if (process.platform !== 'linux') return "the rules are Linux's: run the tests on Linux";
  if (process.getuid?.() !== 0) return 'needs two users: run the tests as root';
  const value = readFileSync(`/proc/sys/fs/${rule}`, 'latin1').trim();
  return value === '0'
    ? `fs.${rule} is 0 here: sysctl fs.${rule}=1, or run where it is on (most distributions)`
    : undefined;
}

const made: string[] = [];
afterAll(() => made.forEach((each) => rmSync(each, { recursive: true, force: true })));

async function folder(backend: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'mapdirect-sticky-'));
  made.push(dir);
  await runChild('sticky', [backend, dir, 'prepare']);
  return dir;
}

describeBackends('create: true in a sticky directory of all', (backend) => {
  skipFor(missing('protected_symlinks')).test(
    "never makes a file through another user's link, however often that comes and goes",
    async () => {
      const dir = await folder(backend);
      const linker = spawn(process.execPath, [join(CHILDREN, 'sticky.js'), backend, dir, 'linker'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        await once(linker.stdout, 'data');
        expectDone(await runChild('sticky', [backend, dir, 'maker', RACES]));
      } finally {
        linker.kill('SIGKILL');
      }
    },
  );

  skipFor(missing('protected_regular')).test("does not map another user's file that lies there", async () => {
    const dir = await folder(backend);
    expectDone(await runChild('sticky', [backend, dir, 'planter']));
    expectDone(await runChild('sticky', [backend, dir, 'meeter']));
  });
});
