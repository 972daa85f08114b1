import { readFileSync } from 'node:fs';
import { adviceNumbers, type Advice } from '../core/constants.js';
import { errno, systemError } from '../core/errors.js';

// Near vm.max_map_count V8 cannot map what its garbage collector needs and aborts the process (seen at 65,300 of
// 65,530). So many areas are always left to the runtime, its threads and other addons.
const LEFT_TO_THE_RUNTIME = 1500;
// With a low limit that would leave nothing.
const LEFT_AT_MOST = 1 / 8;
// What takes an earlier call back may use a part of that: it mostly joins areas.
const LEFT_AFTER_UNDOING = 1 / 2;
// How much of the known room may be used before it is counted again: others take areas too.
const SHARE_BETWEEN_COUNTS = 1 / 4;
// The last areas are not counted one by one; the margin bears it.
const FEWEST_BETWEEN_COUNTS = 64;
const COUNT_AGAIN_MS = 2000;
const KERNELS_DEFAULT = 65530;

/** What a call may add to the areas of the process at most: the kernel counts them, one a line of /proc/self/maps. */
export interface Growth {
  readonly areas: number;
  readonly syscall: string;
  /** It takes an earlier call back. */
  readonly undoes?: boolean;
}

/** By call. One that touches a part of an area splits it into three. */
export const growths = Object.freeze({
  map: { areas: 1, syscall: 'mmap' },
  reserve: { areas: 2, syscall: 'mmap' },
  resize: { areas: 2, syscall: 'mmap' },
  lock: { areas: 2, syscall: 'mlock2' },
  unlock: { areas: 2, syscall: 'munlock', undoes: true },
} satisfies Readonly<Record<string, Growth>>);

// These change pages, not the area.
const ofPages: ReadonlySet<Advice> = new Set(['willneed', 'dontneed', 'remove', 'cold', 'pageout', 'collapse']);
const undoing: ReadonlySet<Advice> = new Set(['normal', 'dofork', 'dodump', 'unmergeable']);

const adviceGrowths = new Map<Advice, Growth>(
  (Object.keys(adviceNumbers) as Advice[])
    .filter((word) => !ofPages.has(word))
    .map((word) => [word, { areas: 2, syscall: 'madvise', undoes: undoing.has(word) }]),
);

/** undefined: it splits nothing. */
export function growthOfAdvice(advice: Advice): Growth | undefined {
  return adviceGrowths.get(advice);
}

/** What {@link MapBudget} asks; all but countMaps() is cheap. */
export interface MapCounter {
  /** Adds to what was allowed in all threads of the process; the sum so far, which never falls. */
  charge(areas: number): number;
  /** Our ranges, in all threads. */
  rangeCount(): number;
  /** Mappings of this thread, also those of another copy of the package, which charges elsewhere. */
  liveMappings(): number;
  /** All areas of the process; reads /proc/self/maps. */
  countMaps(): number;
  /** Milliseconds. */
  now(): number;
}

/** Read each time: raising it is the remedy, and must not want a new process. */
function readLimit(): number {
  try {
    return Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'));
  } catch {
    return KERNELS_DEFAULT;
  }
}

/**
 * Refuses a call *before* the process has as many areas as vm.max_map_count allows. Counting them all is slow (the kernel
 * prints a line for each), so it is done rarely: at the first call, when a part of the room that was found then may have been used by us,
 * and after a while, because others take areas too.
 */
export class MapBudget {
  private counted: { readonly charged: number; readonly live: number; readonly at: number } | undefined;
  private allowance = 0;

  constructor(private readonly counter: MapCounter) {}

  /** @throws ENOMEM naming vm.max_map_count. */
  check(growth: Growth, path?: string): void {
    const now = {
      charged: this.counter.charge(growth.areas),
      live: this.counter.liveMappings(),
      at: this.counter.now(),
    };
    const { counted, allowance } = this;
    const isKnown =
      counted !== undefined &&
      now.charged - counted.charged <= allowance &&
      now.live - counted.live <= allowance &&
      now.at - counted.at < COUNT_AGAIN_MS;
    if (isKnown) return;
    this.allowance = this.recount(growth, path);
    this.counted = now;
  }

  /** How many areas may be added before the next count. */
  private recount({ areas, syscall, undoes }: Growth, path: string | undefined): number {
    const used = this.counter.countMaps();
    const limit = readLimit();
    if (used < 0) return limit * SHARE_BETWEEN_COUNTS; // no /proc: there is nothing to go by
    // Neighbours of one file are one area, until one in the middle is closed.
    const joined = Math.max(0, this.counter.rangeCount() - used) / 2;
    const left = Math.min(LEFT_TO_THE_RUNTIME, Math.floor(limit * LEFT_AT_MOST));
    const free = limit - joined - used;
    if (free - areas >= (undoes === true ? left * LEFT_AFTER_UNDOING : left))
      return Math.max((free - left) * SHARE_BETWEEN_COUNTS, FEWEST_BETWEEN_COUNTS);
    this.counted = undefined; // ask again next time
    throw systemError(
      errno.ENOMEM,
      syscall,
      path,
      `the process has ${used} areas of memory${joined === 0 ? '' : ' (and more when ranges that touch are closed)'} and vm.max_map_count is ${limit}; the last ${left} are left to the ` +
        'runtime, which aborts without them. Close mappings, map, lock and advise fewer and larger ranges, or raise it: sysctl vm.max_map_count=262144',
    );
  }
}
