import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, budgets, byEffort, type Effort, type Trial } from '../benchmark.js';
import { CACHE_LINE } from '../granularity.js';
import { fileLength, formatLayout, layout } from '../layout.js';
import { nodeTrial } from '../node-trial.js';

const OFF = 'without the guard';
const blocks = layout(64, 512, 1000);
const file = (directory: string): string => path.join(directory, 'guarded');

interface Work {
  readonly name: string;
  readonly quickSize?: string;
  /** Names and titles. */
  readonly figures: Readonly<Record<string, string>>;
  readonly script: string;
  readonly args: (effort: Effort) => readonly string[];
  readonly budgets: Benchmark['budgets'];
  readonly environment?: Trial['environment'];
}

/** The same trial with the guard and without it. */
function onAndOff({ script, args, environment }: Work): Trial[] {
  const trial = (name: string, role: Trial['role'], more: Trial['environment']): Trial =>
    nodeTrial({
      name,
      role,
      script,
      args: (directory, effort) => [file(directory), ...args(effort)],
      environment: { ...environment, ...more },
    });
  return [
    trial('mapdirect', 'ours', { MAPDIRECT_NO_FAULT_GUARD: '0' }),
    trial(OFF, 'rival', { MAPDIRECT_NO_FAULT_GUARD: '1' }),
  ];
}

const works: readonly Work[] = [
  {
    name: 'persist 64 B',
    figures: { 64: 'time per persist' },
    script: 'persist',
    args: () => [formatLayout(blocks)],
    budgets: budgets(15, 20, 3, 2),
    environment: CACHE_LINE,
  },
  {
    name: 'map and close',
    figures: { nanoseconds: 'time per map+touch+close' },
    script: 'open-map-close',
    args: byEffort(['20000', 'touch'], ['2000', 'touch']),
    budgets: budgets(15, 25, 3, 3),
  },
  {
    name: '60,000 mappings',
    quickSize: '6,000',
    figures: { nanoseconds: 'time per map', close: 'time per close' },
    script: 'live-mappings',
    args: byEffort(['60000', 'time'], ['6000', 'time']),
    budgets: budgets(15, 30, 3, 3),
  },
];

/** The cost of the fault guard where no fault happens. */
export const faultGuard: readonly Benchmark[] = works.map((work) => ({
  name: `fault guard, on and off: ${work.name}`,
  quickSize: work.quickSize,
  description: ['The same program, with the guard and with MAPDIRECT_NO_FAULT_GUARD=1. There is no fault.'],
  figures: Object.fromEntries(Object.entries(work.figures).map(([figure, title]) => [figure, { title, unit: 'ns' }])),
  medium: 'memory',
  budgets: work.budgets,
  trials: onAndOff(work),
  targets: Object.entries(work.figures).map(([figure, title]) => atMost(1.02, figure, OFF, title)),
  prepare: (directory: string) => fs.writeFileSync(file(directory), Buffer.alloc(fileLength([blocks]), 1)),
}));
