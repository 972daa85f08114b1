import path from 'node:path';
import { atMost, type Benchmark, budgets } from '../benchmark.js';
import { cRival } from '../rivals/c/rival.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';
import { writeInPages } from '../paged-file.js';

const MSYNC = 'C msync';
const FDATASYNC = 'fs.fdatasync';
const PAGES = 256;
const COUNT = 400;
const AT_ONCE = 8;
const COUNT_AT_ONCE = 100;
const PAGES_AT_ONCE = 64;
const BLOCKED_NS = 15_000;

const mapped = (directory: string): string => path.join(directory, 'mapped');
const written = (directory: string): string => path.join(directory, 'written');
const otherFiles = (file: string): string[] => Array.from({ length: AT_ONCE }, (_, index) => `${file}-${index}`);
const args = (file: string): string[] => [file, String(PAGES), String(COUNT)];
const argsAtOnce = (file: string): string[] => [...args(file), String(COUNT_AT_ONCE), ...otherFiles(file)];

/** The cost of persist on a disk, and the part of it that persistAsync leaves to the event loop. */
export const persistAsync: Benchmark = {
  name: 'persist and persistAsync of 4 KiB, on a disk',
  description: [
    'One dirty page at a time; making it dirty is not timed. Async call: from the call of persistAsync until it returns.',
    'Loop busy: the work of the event loop from the call until the handler of the promise runs, without the wait.',
    'C: from the lock of a queue until a sleeping thread, which calls msync, was woken. That is most of an async call.',
    `${AT_ONCE} files at once: the time per flush, each file with one in flight; fs.fdatasync after the same stores.`,
  ],
  figures: {
    sync: { title: 'sync', unit: 'ns' },
    asyncCall: { title: 'async call', unit: 'ns' },
    asyncWhole: { title: 'loop busy', unit: 'ns' },
    atOnce: { title: `${AT_ONCE} files at once`, unit: 'ns' },
  },
  medium: 'disk',
  budgets: budgets(15, 25, 3, 3),
  trials: [
    cRival(MSYNC, 'msync.c', (directory) => args(mapped(directory))),
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'persist-page',
      args: (directory) => argsAtOnce(mapped(directory)),
      environment: UNFORCED,
    }),
    nodeTrial({
      name: FDATASYNC,
      role: 'rival',
      script: 'fdatasync-page',
      args: (directory) => argsAtOnce(written(directory)),
      environment: UNFORCED,
    }),
  ],
  targets: [
    atMost(1.02, 'sync', MSYNC),
    {
      text: `the loop is blocked <= ${BLOCKED_NS / 1000} us by the async call`,
      figure: 'asyncCall',
      met: (time) => time <= BLOCKED_NS,
    },
    atMost(1, 'atOnce', FDATASYNC, `${AT_ONCE} files at once`),
  ],
  prepare: (directory) => {
    for (const file of [mapped(directory), written(directory)]) {
      writeInPages(file, PAGES);
      for (const other of otherFiles(file)) writeInPages(other, PAGES_AT_ONCE);
    }
  },
};
