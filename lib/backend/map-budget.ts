import { readFileSync } from 'node:fs';
import { adviceNumbers, type Advice } from '../core/constants.js';
import { errno, systemError } from '../core/errors.js';

// Near vm.max_map_count V8 cannot map the memory that its garbage collector needs, and aborts the process (seen at
// 65,300 of 65,530). This many areas are always left to the runtime, its threads and other addons.
const LEFT_TO_THE_RUNTIME = 1500;
// The largest part of a low limit that is left to the runtime.
const LEFT_AT_MOST = 1 / 8;
// A call that undoes an earlier one may use this part of them: it mostly joins areas.
const LEFT_AFTER_UNDOING = 1 / 2;
// The part of the known room that may be used before the next count: other code takes areas, too, and has the other
// half. A quarter would make twice as many counts on the way to the limit, and near it each takes 20 ms.
const SHARE_BETWEEN_COUNTS = 1 / 2;
// Near the limit the areas are not counted at each call: the margin is large enough.
const FEWEST_BETWEEN_COUNTS = 64;
const COUNT_AGAIN_MS = 2000;
const KERNELS_DEFAULT = 65530;

/**
 * The most areas that a call may add to the process. Each area is a line of /proc/self/maps, and the kernel limits
 * them.
 */
export interface Growth {
  readonly areas: number;
  readonly syscall: string;
  /** The call undoes an earlier one. */
  readonly undoes?: boolean;
}

/** The growth of each call. A call for a part of an area splits it into three. */
export const growths = Object.freeze({
  map: { areas: 1, syscall: 'mmap' },
  reserve: { areas: 2, syscall: 'mmap' },
  resize: { areas: 2, syscall: 'mmap' },
  lock: { areas: 2, syscall: 'mlock2' },
  unlock: { areas: 2, syscall: 'munlock', undoes: true },
} satisfies Readonly<Record<string, Growth>>);

// These change pages, and split no area.
const ofPages: ReadonlySet<Advice> = new Set(['willneed', 'dontneed', 'remove', 'cold', 'pageout', 'collapse']);
const undoing: ReadonlySet<Advice> = new Set(['normal', 'dofork', 'dodump', 'unmergeable']);

const adviceGrowths = new Map<Advice, Growth>(
  (Object.keys(adviceNumbers) as Advice[])
    .filter((word) => !ofPages.has(word))
    .map((word) => [word, { areas: 2, syscall: 'madvise', undoes: undoing.has(word) }]),
);

/** undefined: the advice splits no area. */
export function growthOfAdvice(advice: Advice): Growth | undefined {
  return adviceGrowths.get(advice);
}

/** The counters of {@link MapBudget}. All but countMaps() are cheap. */
export interface MapCounter {
  /** Adds to the areas that were allowed in all threads of the process. @returns the sum, which never falls. */
  charge(areas: number): number;
  /** The ranges of the addon, in all threads. */
  rangeCount(): number;
  /** The mappings of this thread, with those of another copy of the package, which charges its own counter. */
  liveMappings(): number;
  /** All areas of the process. Reads /proc/self/maps. */
  countMaps(): number;
  /** Milliseconds. */
  now(): number;
}

/** Reads the limit anew: raising it is the remedy, and must work without a restart. */
function readLimit(): number {
  try {
    return Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'));
  } catch {
    return KERNELS_DEFAULT;
  }
}

/**
 * Refuses a call *before* the process reaches vm.max_map_count. A count of all areas is slow (the kernel prints a line
 * for each), so it is rare: at the first call, when this package may have used a part of the room that the last count
 * found, and after two seconds, because other code takes areas, too.
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

  /** The number of areas that may be added before the next count. */
  private recount({ areas, syscall, undoes }: Growth, path: string | undefined): number {
    const used = this.counter.countMaps();
    const limit = readLimit();
    if (used < 0) return limit * SHARE_BETWEEN_COUNTS; // no /proc: the areas cannot be counted
    // Adjacent mappings of one file are one area, until one in the middle is closed.
    const joined = Math.max(0, this.counter.rangeCount() - used) / 2;
    const left = Math.min(LEFT_TO_THE_RUNTIME, Math.floor(limit * LEFT_AT_MOST));
    const free = limit - joined - used;
    if (free - areas >= (undoes === true ? left * LEFT_AFTER_UNDOING : left))
      return Math.max((free - left) * SHARE_BETWEEN_COUNTS, FEWEST_BETWEEN_COUNTS);
    this.counted = undefined; // the next call counts again
    throw systemError(
      errno.ENOMEM,
      syscall,
      path,
      `the process has ${used} areas of memory${joined === 0 ? '' : ' (and more when ranges that touch are closed)'} and vm.max_map_count is ${limit}; the last ${left} are left to the ` +
        'runtime, which aborts without them. Close mappings, map, lock and advise fewer and larger ranges, or raise it: sysctl vm.max_map_count=262144',
    );
  }
}
