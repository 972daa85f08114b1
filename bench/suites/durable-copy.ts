import fs from 'node:fs';
import path from 'node:path';
import { atLeast, atMost, type Benchmark, budgets, type Effort, limitedBy, type Target } from '../benchmark.js';
import { CACHE_LINE } from '../granularity.js';
import { fileLength, formatLayout, formatLength, layout, type Layout } from '../layout.js';
import { nodeTrial } from '../node-trial.js';
import { x86Only } from '../rivals/c/rival.js';
import { PMEM2, pmem2Rival } from '../rivals/c/pmem2.js';

/** No loop of other stores can tell more about the memory of the machine than the fastest of many. */
const LOOPS = 'fastest loop in C';
const SET = 'set + persist';
const FILE = 'fs.write + fdatasync';

const small = [layout(64, 512, 300), layout(1024, 512, 150)];
// Each batch covers 64 MiB, so that a destination has left at least the second-level cache before its next copy.
const large = [layout(64 * 1024, 1024, 7), layout(2 ** 20, 64, 7), layout(16 * 2 ** 20, 4, 7)];
const huge = layout(64 * 2 ** 20, 1, 15);
const layouts = [...small, ...large, huge];

const file = (directory: string): string => path.join(directory, 'copy');
/** A quick run has fewer batches. */
const format = (one: Layout, effort: Effort): string =>
  formatLayout({ ...one, batches: effort === 'full' ? one.batches : Math.ceil(one.batches / 8) });
const args = (directory: string, effort: Effort): string[] => [
  file(directory),
  ...layouts.map((one) => format(one, effort)),
];

function largeTargets(length: number): Target[] {
  const figure = String(length);
  return [
    atLeast(0.97, figure, PMEM2, `${formatLength(length)}, bandwidth`),
    atLeast(3.5, figure, SET, formatLength(length)),
    atLeast(4, figure, FILE, formatLength(length)),
  ];
}

/** Copies into the file that are durable on return. */
export const durableCopy: Benchmark = {
  name: 'durable copy',
  description: [
    'Ours: mapping.write(source, offset), source a Uint8Array of the heap. libpmem2: pmem2 memcpy, flags 0.',
    'fastest loop in C: of up to 20 loops of non-temporal stores, each with another order of lines, width and prefetch.',
    'set + persist: TypedArray.set into the mapping, then persist(). fs: writeSync and fdatasyncSync of the same file.',
    'The source is always the same. Destinations: 512 blocks for up to 1 KiB, 64 MiB of neighbours from 64 KiB on.',
  ],
  figures: Object.fromEntries(layouts.map(({ length }) => [length, { title: formatLength(length), unit: 'ns' }])),
  medium: 'memory',
  budgets: budgets(15, 28, 3, 3),
  trials: [
    pmem2Rival('durable_copy.c', args),
    nodeTrial({ name: 'mapdirect', role: 'ours', script: 'durable-copy', args, environment: CACHE_LINE }),
    x86Only(pmem2Rival('copy_loops.c', (directory, effort) => [file(directory), format(huge, effort)], LOOPS)),
    nodeTrial({ name: SET, role: 'rival', script: 'set-persist', args, environment: CACHE_LINE }),
    nodeTrial({ name: FILE, role: 'rival', script: 'file-copy', args }),
  ],
  targets: [
    ...small.map(({ length }) => atMost(1.3, String(length), PMEM2, formatLength(length))),
    ...large.flatMap(({ length }) => largeTargets(length)),
    limitedBy(LOOPS, atLeast(1.08, String(huge.length), PMEM2, `${formatLength(huge.length)}, bandwidth`)),
  ],
  prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(fileLength(layouts), 1)),
  picture: { name: 'durable-copy', title: 'A durable copy, in memory', figures: ['64', '1024', '65536', '1048576'] },
};
