import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { compile } from '../support/compile.js';
import { Scratch } from '../support/scratch.js';
import { ROOT } from '../support/paths.js';
import { skipFor } from '../support/skip.js';

const scratch = new Scratch();
const program = scratch.path('fault_guard_check');
const ARCH = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const MEMORY = 'src-native/memory';

function sources(): string[] {
  const parts = [
    'earlier_handlers',
    'fault_guard',
    'fault_log',
    'fault_reason',
    'placeholder',
    'ranges',
    'unmap_batch',
  ];
  const arch = readdirSync(join(ROOT, MEMORY, 'arch', ARCH)).map((file) => `arch/${ARCH}/${file}`);
  const memory = [...parts.map((part) => `${part}.cc`), ...arch].map((file) => `${MEMORY}/${file}`);
  return ['test/native/fault_guard_check.cc', ...memory].map((file) => join(ROOT, file));
}

/** The reason, with the remedy, why the checks cannot be compiled here; undefined: they can. */
function missing(): string | undefined {
  if (process.platform !== 'linux') return 'the native code is for Linux: run the tests there';
  const flags = ['-std=c++17', '-O1', '-pthread', '-D_GNU_SOURCE', `-I${join(ROOT, 'src-native')}`];
  return compile('c++', [...flags, '-o', program, ...sources()]);
}

const needs = skipFor(missing());

function run(...args: readonly string[]): { status: number | null; signal: string | null; stdout: string } {
  const { status, signal, stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
  return { status, signal, stdout };
}

needs.describe('earlier handlers of SIGBUS, checked in C++', () => {
  test.each([
    ['mask', 'the signals of the mask of a handler are blocked while it runs'],
    ['nodefer', 'SA_NODEFER leaves SIGBUS unblocked'],
    ['nested', 'a SIGBUS within a handler goes along the whole chain, and the first one goes on'],
    ['restart', 'a signal that was sent interrupts system calls as it would without the guard'],
    ['noinfo', 'a handler without SA_SIGINFO is called'],
    ['order', 'the newest handler comes first, and one that comes back puts none out'],
    ['many', 'the handler after the 64th stays in front, and the chain stays as it is'],
  ])('%s: %s', (check) => {
    expect(run(check)).toEqual({ status: 0, signal: null, stdout: 'done\n' });
  });

  test('resethand: SA_RESETHAND calls a handler once, and then the process ends', () => {
    expect(run('resethand')).toEqual({ status: null, signal: 'SIGBUS', stdout: 'done\n' });
  });
});

// In memory a hole gets its page also when it is read, and the guard asks other questions.
describe.each([
  ['in memory', []],
  ['in the folder for temporary files', [tmpdir()]],
])('a cause that has changed before the guard asks for it, files %s', (_where, folder) => {
  needs.test.each([
    ['stranger', 'a descriptor that names another file by now: that file is not changed'],
    ['closed', 'a descriptor that was closed'],
    ['grown', 'a file that is long again: nothing is lost, however often that comes'],
    ['endless', 'an access that fails for no visible cause is given up'],
    ['changing', 'a file that changes its length all the time: each loss is a truncation'],
  ])('%s: %s', (check) => {
    expect(run(check, ...folder)).toEqual({ status: 0, signal: null, stdout: 'done\n' });
  });
});
