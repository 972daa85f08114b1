import fs from 'node:fs';
import path from 'node:path';
import { type Benchmark, budgets, byEffort, type Trial } from '../benchmark.js';
import { nodeTrial } from '../node-trial.js';
import { cRival } from '../rivals/c/rival.js';

const count = byEffort('400', '40');
const OTHERS = 1000;
const LIMIT = 60_000;
const file = (directory: string): string => path.join(directory, 'words');

function trial(name: string, role: Trial['role'], how: string, others: number, figures: readonly string[]): Trial {
  return nodeTrial({
    name,
    role,
    script: 'wait-async',
    args: (directory, effort) => [file(directory), how, count(effort), String(others), ...figures],
  });
}

/** How soon does another process hear of a change in shared memory? */
export const waitAsync: Benchmark = {
  name: 'waitAsync: from notify() to the promise in another process',
  description: [
    'One process stores a word and calls notify(); the other waits with waitAsync() and is idle. C: futex(2), blocking.',
    'socket: the same with a byte through a socket between the two processes, as process.send() does.',
    `With ${OTHERS} waiting: so many other calls of waitAsync() wait in the same process, each for its own word.`,
  ],
  figures: {
    p50: { title: 'median', unit: 'ns' },
    p99: { title: '99 of 100 within', unit: 'ns' },
    p50Many: { title: 'median', unit: 'ns' },
    p99Many: { title: '99 of 100 within', unit: 'ns' },
  },
  medium: 'memory',
  budgets: budgets(15, 30, 3, 3),
  trials: [
    cRival('C', 'futex_wake.c', (directory, effort) => [file(directory), count(effort)]),
    trial('mapdirect', 'ours', 'waitAsync', 0, ['p50', 'p99']),
    trial(`mapdirect, ${OTHERS} waiting`, 'ours', 'waitAsync', OTHERS, ['p50Many', 'p99Many']),
    trial('socket', 'rival', 'socket', 0, ['p50', 'p99']),
  ],
  targets: [
    { text: 'median <= 60 us', figure: 'p50', met: (time) => time <= LIMIT },
    { text: `median with ${OTHERS} waiting <= 60 us`, figure: 'p50Many', met: (time) => time <= LIMIT },
  ],
  prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(8192)),
  picture: { name: 'wait-async', title: 'From notify() to the promise in another process', figures: ['p50', 'p99'] },
};
