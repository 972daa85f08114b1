// create: true lets the kernel resolve the path and judge the file, so its rules for directories that others may write hold.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from '@jest/globals';
import { describeBackends } from '../support/backends.js';
import { expectDone, runChild } from '../support/run-child.js';
import { CHILDREN } from '../support/paths.js';

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

function testUnder(rule: string, name: string, body: () => Promise<void>): void {
  const skip = missing(rule);
  if (skip === undefined) test(name, body);
  else test.skip(`${name} [${skip}]`, () => undefined);
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
  testUnder(
    'protected_symlinks',
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

  testUnder('protected_regular', "does not map another user's file that lies there", async () => {
    const dir = await folder(backend);
    expectDone(await runChild('sticky', [backend, dir, 'planter']));
    expectDone(await runChild('sticky', [backend, dir, 'meeter']));
  });
});
