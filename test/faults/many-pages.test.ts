import { expect } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { native } from '../support/backends.js';
import { mountPoint, testOn } from '../support/mounts.js';
import { expectDone } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { GIB, MIB, PAGE } from '../support/sizes.js';
import { skipUnless } from '../support/skip.js';
import { runFault } from './run-fault.js';

const scratch = new Scratch();

native.test('1 GiB is lost: one fault, one area more, one event', async () => {
  expectDone(await runFault('long-tail', [scratch.sparse(GIB)]));
});

const strace = skipUnless(
  spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0,
  'strace(1) does not run here',
  'apt-get install strace, and allow ptrace(2)',
);

native.and(strace).test('1 GiB is lost: one signal and one mmap(2), as strace(1) sees them', async () => {
  const log = scratch.path('strace');
  const through = ['strace', '-f', '-qq', '-e', 'trace=mmap,access', '-e', 'signal=SIGBUS', '-o', log];
  expectDone(await runFault('long-tail', [scratch.sparse(GIB)], { through }));
  const [, ...touching] = readFileSync(log, 'latin1').split('/mark/touch');
  const lines = (touching[0] ?? '').split('/mark/end')[0]?.split('\n') ?? [];
  expect(lines.filter((line) => line.includes('--- SIGBUS')).length).toBe(1);
  expect(lines.filter((line) => line.includes('MAP_FIXED')).length).toBe(1);
});

native.test('2,000 mappings lose their end at once: each of them says so', async () => {
  expectDone(await runFault('many-mappings', [scratch.file(Buffer.alloc(16 * PAGE, 1)), '2000']));
});

const PAGES = 200_000;
const most = process.platform === 'linux' ? Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1')) : 0;
const full = native.missing === undefined ? mountPoint('tmpfs', MIB) : { skip: native.missing };
const fewer = most > PAGES ? { skip: `vm.max_map_count is ${most}: sysctl vm.max_map_count=65530` } : full;

testOn(fewer, `${PAGES / 2} faults that lie apart: the areas of the process do not run out`, async (dir) => {
  expectDone(await runFault('scattered', [dir, String(PAGES)]));
});
