import fs from 'node:fs';
import path from 'node:path';
import { type Benchmark, budgets, type Trial } from '../benchmark.js';
import { nodeTrial } from '../node-trial.js';
import { FILE_LOCKS } from '../rivals/npm/file-locks.js';

const CYCLES = 5000;
const KILLS = 10;
const LIMIT = 10e6;
const file = (directory: string): string => path.join(directory, 'written');

function trials(script: string, count: number): Trial[] {
  const args = (name: string) => (directory: string) => [file(directory), String(count), name];
  return [
    nodeTrial({ name: 'mapdirect', role: 'ours', script, args: args('mapdirect') }),
    nodeTrial({ name: FILE_LOCKS, role: 'rival', script, args: args(FILE_LOCKS), rival: FILE_LOCKS }),
  ];
}

const prepare = (directory: string): void => fs.writeFileSync(file(directory), Buffer.alloc(4096));

/** The cost of WriterLock, and the time without a writer after a crash. */
export const writerLock: readonly Benchmark[] = [
  {
    name: 'WriterLock: acquire and release, no other writer',
    description: [
      `Ours: WriterLock.acquire(path), release(). ${FILE_LOCKS}: fs.openSync, tryLock, fs.closeSync.`,
      'Ours also looks for a lease of another process (/proc/locks), which an open(2) would break. No target.',
    ],
    figures: { cycle: { title: 'time for both', unit: 'ns' } },
    medium: 'memory',
    budgets: budgets(15, 12, 3, 2),
    trials: trials('writer-lock-cycle', CYCLES),
    targets: [],
    prepare,
  },
  {
    name: 'WriterLock: the next writer after SIGKILL',
    description: [
      'A process waits in acquireAsync(). The time is from kill(2) of the writer, a Node process, until the wait ends.',
      `${FILE_LOCKS}: waitForLock(), which blocks a thread of the pool in the kernel (F_OFD_SETLKW).`,
      'The exit of the killed process is part of both. A wait of ours asks in intervals, and can be ended.',
    ],
    figures: {
      takeover: { title: `median of ${KILLS}`, unit: 'ns' },
      slowest: { title: '9 of 10 within', unit: 'ns' },
    },
    medium: 'memory',
    budgets: budgets(9, 25, 3, 3),
    trials: trials('writer-lock-takeover', KILLS),
    targets: [{ text: 'median < 10 ms', figure: 'takeover', met: (time) => time < LIMIT }],
    prepare,
  },
];
