// Each way of storing and flushing under an emulated CPU that lacks the others: an instruction that it does not have is
// SIGILL there.
import { spawnSync } from 'node:child_process';
import { describe, test } from '@jest/globals';
import { expectRightBytes, newSeed, type Expected } from './any-path.js';
import { native } from '../../support/backends.js';
import { skipFor } from '../../support/skip.js';

const QEMU = 'qemu-x86_64';
const ROUNDS = 200;

/** The reason, with the remedy, why node does not run under qemu here; undefined: it does. */
function missing(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'the emulated CPUs are x86_64: run the tests there';
  if (native.missing !== undefined) return native.missing;
  const { error, status, signal } = spawnSync(QEMU, ['-cpu', 'max', process.execPath, '-e', '0'], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined) return `${QEMU} is missing: apt-get install qemu-user`;
  if (status !== 0)
    return `node ${process.version} does not run under this ${QEMU} (${signal ?? `code ${status}`}): install a newer qemu-user`;
  return undefined;
}

// qemu has no AVX-512.
const cpus: readonly (readonly [cpu: string, expected: Expected])[] = [
  ['max', { method: 'clwb', noWidth: 64 }],
  ['max,-clwb', { method: 'clflushopt', noWidth: 64 }],
  ['max,-clwb,-clflushopt', { method: 'clflush', noWidth: 64 }],
  ['max,-avx,-avx2', { method: 'clwb', noWidth: 32 }],
  ['qemu64', { method: 'clflush', noWidth: 32 }], // the least that is x86_64
];

skipFor(missing()).suite('on emulated CPUs', () => {
  describe.each(cpus)('on an emulated CPU, %s', (cpu, expected) => {
    test(`right bytes and untouched neighbours, by ${expected.method}`, async () => {
      const env = { MAPDIRECT_FORCE_GRANULARITY: 'cache-line' };
      await expectRightBytes(newSeed, ROUNDS, { ...expected, large: true }, { env, through: [QEMU, '-cpu', cpu] });
    });
  });
});
