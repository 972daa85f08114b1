import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, budgets } from '../benchmark.js';
import { formatLength } from '../layout.js';
import { nodeTrial } from '../node-trial.js';
import { daxDevice, overRoce, roceRival } from '../rivals/c/soft-roce.js';

/** Of the memory of the peer, and of the source. */
const LENGTH = 2 ** 22;
const LIMIT = 1.15;

/** One row: operations of `size` bytes, at most `depth` of them under way. */
interface Work {
  readonly size: number;
  readonly depth: number;
  /** Operations in one pass; the median of five passes counts. */
  readonly count: number;
}

const nameOf = ({ size, depth }: Work): string => `${size}:${depth}`;
const titleOf = ({ size, depth }: Work): string => `${formatLength(size)}, depth ${depth}`;

interface Operation {
  readonly name: string;
  readonly description: readonly string[];
  readonly kind: 'write' | 'persist';
  readonly works: readonly Work[];
}

function benchmark({ name, description, kind, works }: Operation): Benchmark {
  const needsDax = kind === 'persist';
  const file = (directory: string): string => (needsDax ? (daxDevice() ?? '') : path.join(directory, 'memory'));
  const layouts = works.map(({ size, depth, count }) => `${size}:${depth}:${count}`);
  const rival = (title: string, how: string) =>
    roceRival(title, 'write', (directory) => [file(directory), String(LENGTH), kind, how, ...layouts]);
  const args = (directory: string): string[] => [file(directory), String(LENGTH), kind, ...layouts];
  return {
    name,
    description: [
      ...description,
      'Both ends are processes of this machine. C: the thread that posts also waits for the device.',
      'busyPoll 5000: mapdirect looks for the completion for up to 5 ms, and not for 50 us, before it sleeps.',
      'C with a thread: another thread waits for the device and wakes the first one by an eventfd, as Node needs it.',
    ],
    figures: Object.fromEntries(works.map((work) => [nameOf(work), { title: titleOf(work), unit: 'ns' }])),
    medium: 'memory',
    budgets: budgets(7, 600, 1, 60),
    trials: [
      rival('C', 'alone'),
      rival('C with a thread', 'handed'),
      nodeTrial({ name: 'mapdirect', role: 'ours', script: 'rdma-write', args }),
      nodeTrial({
        name: 'mapdirect, busyPoll 5000',
        role: 'rival',
        script: 'rdma-write',
        args,
        environment: { BENCH_BUSY_POLL: '5000' },
      }),
    ].map((trial) => overRoce(trial, needsDax)),
    targets: works.map((work) => atMost(LIMIT, nameOf(work), 'C', titleOf(work))),
    prepare: (directory) => {
      if (!needsDax) fs.writeFileSync(file(directory), Buffer.alloc(LENGTH));
    },
  };
}

/** The cost of an Endpoint, compared with the verbs that it calls. */
export const rdmaWrite: readonly Benchmark[] = [
  benchmark({
    name: 'RDMA: write to memory of another process',
    description: ['Endpoint.write(), from registered memory into registered memory.'],
    kind: 'write',
    works: [
      { size: 4096, depth: 1, count: 300 },
      { size: 4096, depth: 32, count: 960 },
      { size: 2 ** 20, depth: 1, count: 8 },
      { size: 2 ** 20, depth: 32, count: 64 },
    ],
  }),
  benchmark({
    name: 'RDMA: persist in another process',
    description: ['Endpoint.persist() into device-dax: a WRITE and a FLUSH.'],
    kind: 'persist',
    works: [
      { size: 64, depth: 1, count: 300 },
      { size: 64, depth: 32, count: 960 },
    ],
  }),
];
