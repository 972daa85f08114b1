import { readdirSync, readFileSync } from 'node:fs';
import { stats } from '../../lib/index.js';
import { descriptors, eventually, ranges } from '../process/children/inspect.js';

/** What a process uses at a moment at which it has closed everything. */
export interface Sample {
  /** Bytes of resident memory. */
  readonly memory: number;
  readonly descriptors: number;
  readonly threads: number;
  /** Lines of /proc/self/maps. */
  readonly areas: number;
  /** Descriptors that Node.js has lost in threads that ended (docs/runtimes.md). The others do not contain them. */
  readonly lostByNode: number;
}

/**
 * Waits until all finalizers have run.
 * @param lost the folder of the files whose descriptors Node.js loses
 * @throws an error if address ranges or mappings are left
 */
export async function sample(lost: string): Promise<Sample> {
  await eventually('no address range is held', () => ranges() === 0);
  if (stats().mappings !== 0) throw new Error(`${stats().mappings} mappings are left`);
  const links = descriptors();
  const lostByNode = links.filter((link) => link.startsWith(`${lost}/`)).length;
  return {
    memory: process.memoryUsage.rss(),
    descriptors: links.length - lostByNode,
    threads: readdirSync('/proc/self/task').length,
    areas: readFileSync('/proc/self/maps', 'latin1').split('\n').length,
    lostByNode,
  };
}

const MIB = 2 ** 20;
/**
 * How much more the end may have than the beginning: a part of it, and an amount. V8 moves its heap within these. The
 * thread of waitAsync() ends a second after its last call, and the fourth thread of each pool of the addon may start
 * late.
 */
const LEEWAY: Readonly<Record<keyof Sample, readonly [part: number, amount: number]>> = {
  memory: [0.1, 8 * MIB],
  descriptors: [0, 0],
  threads: [0, 3],
  areas: [0.1, 24],
  lostByNode: [0, Infinity],
};
export const NAMES = Object.keys(LEEWAY) as (keyof Sample)[];

function median(samples: readonly Sample[], name: keyof Sample): number {
  const sorted = samples.map((each) => each[name]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

export interface Trend {
  readonly name: keyof Sample;
  /** Medians of the second quarter of the samples (the first warms up) and of the last one. */
  readonly before: number;
  readonly after: number;
  readonly isFlat: boolean;
}

export function trends(samples: readonly Sample[]): Trend[] {
  const quarter = Math.ceil(samples.length / 4);
  return NAMES.map((name) => {
    const before = median(samples.slice(quarter, 2 * quarter), name);
    const after = median(samples.slice(-quarter), name);
    const [part, amount] = LEEWAY[name];
    return { name, before, after, isFlat: after <= before * (1 + part) + amount };
  });
}
