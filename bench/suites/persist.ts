import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, budgets, limitedBy } from '../benchmark.js';
import { CACHE_LINE } from '../granularity.js';
import { javaRival } from '../rivals/java/rival.js';
import { fileLength, formatLayout, layout, formatLength } from '../layout.js';
import { nodeTrial } from '../node-trial.js';
import { BARE_CALL, bareCall } from '../rivals/c/bare-call.js';
import { PMEM2, pmem2Rival } from '../rivals/c/pmem2.js';

const JAVA = 'Java writeback';
const layouts = [
  layout(8, 512, 500),
  layout(64, 512, 500),
  layout(256, 512, 500),
  layout(4096, 256, 400),
  layout(2 ** 20, 8, 100),
];
const limits: Readonly<Record<number, number>> = { 8: 1.05, 64: 1.05, 256: 1.05, 4096: 1.02, [2 ** 20]: 1.01 };

const file = (directory: string): string => path.join(directory, 'persist');
const args = (directory: string): string[] => [file(directory), ...layouts.map(formatLayout)];

/** The cost of making a store to persistent memory durable, in each language. */
export const persist: Benchmark = {
  name: 'persist, lines dirty',
  description: [
    'Every line of the range is dirty; making it dirty is not timed. 512 blocks up to 256 B, 256 of 4 KiB, 8 of 1 MiB.',
    'Ours: mapping.persist(offset, length), with its checks. libpmem2: the pmem2 persist function.',
    'bare call: a function in C that gets no argument, checks nothing and calls pmem2 persist. No call can be less.',
    'Java: Unsafe.writebackMemory, as MappedByteBuffer.force on DAX, but without its checks.',
  ],
  figures: Object.fromEntries(layouts.map(({ length }) => [length, { title: formatLength(length), unit: 'ns' }])),
  medium: 'memory',
  budgets: budgets(15, 25, 3, 3),
  trials: [
    pmem2Rival('persist.c', args),
    nodeTrial({ name: 'mapdirect', role: 'ours', script: 'persist', args, environment: CACHE_LINE }),
    bareCall((directory) => [file(directory), 'persist', ...layouts.map(formatLayout)]),
    javaRival(JAVA, 'Persist.java', args),
  ],
  targets: [
    ...layouts.map(({ length }) => atMost(limits[length] ?? 1, String(length), PMEM2, formatLength(length))),
    atMost(1, '64', JAVA, formatLength(64)),
  ].map((target) => limitedBy(BARE_CALL, target)),
  prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(fileLength(layouts), 1)),
  picture: { name: 'persist', title: 'A store becomes durable, in memory', figures: ['8', '64', '256', '4096'] },
};
