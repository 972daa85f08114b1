// docs/limits.md has the table: each limit is an error that names it, or a death that is documented.
import { expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { native } from '../support/backends.js';
import { expectDone, runChild, type ChildResult } from '../support/run-child.js';
import { linux, prlimit, root } from '../support/skip.js';

/** A folder for the child alone, which may become another user. */
async function run(scenario: string): Promise<ChildResult> {
  const folder = mkdtempSync(join(tmpdir(), 'mapdirect-limits-'));
  try {
    return await runChild('limits', [scenario, folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function expectGoesOn(scenario: string): Promise<void> {
  expectDone(await run(scenario));
}

native
  .and(prlimit)
  .describe('at a limit of the process a call is an error that names it, and everything goes on', () => {
    test.each([
      ['addressSpace', 'RLIMIT_AS'],
      ['data', 'RLIMIT_DATA'],
      ['lockedMemory', 'RLIMIT_MEMLOCK'],
      ['fileSize', 'RLIMIT_FSIZE'],
      ['descriptors', 'RLIMIT_NOFILE'],
      ['threads', 'RLIMIT_NPROC'],
    ])('%s: %s', (scenario) => expectGoesOn(scenario));
  });

function overcommit(): number | undefined {
  try {
    return Number(readFileSync('/proc/sys/vm/overcommit_memory', 'latin1'));
  } catch {
    return undefined;
  }
}

const strict = native.andUnless(
  overcommit() === 2,
  'vm.overcommit_memory is not 2, and it is the setting of the whole machine',
  "npm run vm -- 'echo 2 > /proc/sys/vm/overcommit_memory; TMPDIR=/dev/shm node scripts/test.js process/limits'",
);
const heuristic = native.andUnless(
  overcommit() === 0,
  'vm.overcommit_memory is not 0',
  'sysctl vm.overcommit_memory=0',
);

strict.test('vm.overcommit_memory=2: private memory beyond CommitLimit', () => expectGoesOn('strictOvercommit'));
heuristic.test('vm.overcommit_memory=0: a copy larger than memory and swap', () => expectGoesOn('overcommit'));

const CGROUPS = '/sys/fs/cgroup';

/** cgroup v2 with the two controllers for the children of its root. */
function hasControllers(): boolean {
  try {
    const enabled = readFileSync(join(CGROUPS, 'cgroup.subtree_control'), 'latin1').split(/\s+/);
    return enabled.includes('memory') && enabled.includes('pids');
  } catch {
    return false;
  }
}

const cgroups = native
  .and(linux)
  .and(root('a cgroup'))
  .andUnless(
    hasControllers(),
    'there is no cgroup v2 with the controllers memory and pids',
    `a machine with systemd has it; else mount -t cgroup2 none ${CGROUPS}; echo +memory +pids > ${CGROUPS}/cgroup.subtree_control`,
  );

cgroups.describe('in a cgroup', () => {
  async function runIn(scenario: string, settings: Readonly<Record<string, string>>): Promise<ChildResult> {
    const folder = join(CGROUPS, `mapdirect-test-${process.pid}`);
    mkdirSync(folder);
    try {
      for (const [name, value] of Object.entries(settings)) writeFileSync(join(folder, name), value);
      return await runChild('limits', [scenario, folder]);
    } finally {
      await removeGroup(folder);
    }
  }

  /** The group is busy for a moment after its last process. */
  async function removeGroup(folder: string): Promise<void> {
    for (const end = Date.now() + 10_000; ; await delay(10)) {
      try {
        return rmdirSync(folder);
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }

  test('memory.max: memory that cannot be written to a disk is a death by the OOM killer', async () => {
    const outcome = await runIn('cgroupMemory', { 'memory.max': String(128 * 2 ** 20), 'memory.swap.max': '0' });
    expect([outcome.signal, outcome.stdout]).toEqual(['SIGKILL', 'storing\n']);
  });

  test('pids.max: no further thread', async () => {
    expectDone(await runIn('cgroupThreads', {}));
  });
});
