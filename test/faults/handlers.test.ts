import { describe, expect } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { native } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { CHILDREN } from '../support/paths.js';
import { expectDone, runChild } from '../support/run-child.js';
import { runFault } from './run-fault.js';
import { Scratch } from '../support/scratch.js';
import { compileSigbusAddon } from '../support/sigbus-addon.js';
import { PAGE } from '../support/sizes.js';
import { skipFor } from '../support/skip.js';

const scratch = new Scratch();
const program = scratch.path('sigbus.node');
const needs = native.and(skipFor(native.missing ?? compileSigbusAddon(program)));
const args = (name: string): string[] => [scratch.file(16 * PAGE), program, name];

/** The process was ended by the signal, and printed nothing before. */
const KILLED = { code: null, signal: 'SIGBUS', stdout: '', stderr: '' };

describe('SIGBUS beside the guard', () => {
  needs.test.each([
    'a listener that was there before the guard',
    'a listener that comes after the guard',
    'a listener that is removed',
    'a handler of another addon that was there before',
    'a later handler of another addon that calls the earlier one',
    'a later handler of another addon that calls nothing',
    'more handlers of another addon than the guard can keep',
    'an alternate signal stack',
  ])('%s: both do their work', async (name) => {
    expectDone(await runFault('handlers', args(name)));
  });
});

describe('SIGBUS ends the process as without the guard', () => {
  needs.test.each([
    'kill -BUS, before any fault',
    'kill -BUS, after a fault',
    'process.kill() of this process',
    'an address that is not ours',
    'an address of ours with faultGuard: false',
    'kill -BUS, after the last listener was removed',
  ])('%s', async (name) => {
    expect(await runFault('handlers', args(`ends: ${name}`))).toEqual(KILLED);
  });
});

/** Runs a program with core dumps allowed, and prints its signal and whether it dumped core. */
const WAIT = `
import os, resource, sys
_, most = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (2**20 if most == -1 else min(most, 2**20), most))
os.chdir(sys.argv[1])
status = os.waitpid(os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:]), 0)[1]
print(os.WTERMSIG(status), os.WCOREDUMP(status))
`;

/** "7 True": the signal that ended the child of this case, and whether a core dump was made. */
function endOf(name: string, env: Readonly<Record<string, string>>): string {
  const child = [process.execPath, join(CHILDREN, 'faults', 'handlers.js'), ...args(name)];
  const { stdout, stderr, error } = spawnSync('python3', ['-c', WAIT, scratch.dir, ...child], {
    encoding: 'utf8',
    env: { ...cleanEnvironment(), ...env },
  });
  return error?.message ?? `${stdout}${stderr}`.trim();
}

const UNGUARDED = { MAPDIRECT_NO_FAULT_GUARD: '1' };
const without = needs.missing === undefined ? endOf('ends: kill -BUS, before any fault', UNGUARDED) : 'unknown';

needs
  .andUnless(
    without.endsWith('True'),
    `no core dump here ("${without}")`,
    'ulimit -c unlimited, and a core_pattern of a file',
  )
  .describe('the core dump of a process that SIGBUS ends', () => {
    needs.test.each(['kill -BUS, after a fault', 'an address that is not ours'])(
      'is made as without the guard: %s',
      (name) => {
        expect(endOf(`ends: ${name}`, {})).toBe(without);
      },
    );
  });

native.describe('MAPDIRECT_NO_FAULT_GUARD=1', () => {
  native.test.each(['read', 'store'])('a %s of a lost page ends the process', async (touch) => {
    expect(await runChild('truncated', [scratch.file(16 * PAGE), touch], { env: UNGUARDED })).toEqual({
      ...KILLED,
      stdout: 'done\n',
    });
  });
});
