import { readFileSync } from 'node:fs';
import { errno, systemError } from './errors.js';

// Near vm.max_map_count V8 cannot map what its garbage collector needs and aborts the process (seen at 65,300 of
// 65,530). So many mappings are always left to the runtime, its threads and other addons.
const LEFT_TO_THE_RUNTIME = 1500;
// How much of the known room may be used before it is counted again: others take mappings too.
const SHARE_BETWEEN_COUNTS = 0.75;

/** What {@link MapBudget} asks of the addon. */
export interface MapCounter {
  /** Our ranges, in all threads; cheap. */
  rangeCount(): number;
  /** All mappings of the process; reads /proc/self/maps. */
  countMaps(): number;
}

function readLimit(): number {
  try {
    return Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'));
  } catch {
    return 65530; // the kernel's default
  }
}

/**
 * Refuses a mapping *before* the process has as many as vm.max_map_count allows. Counting them all is slow (the kernel
 * prints a line for each), so it is done rarely, and between counts only our own are looked at.
 */
export class MapBudget {
  private limit: number | undefined;
  private countAgainAt = 16_384;

  constructor(private readonly counter: MapCounter) {}

  /** @throws ENOMEM naming vm.max_map_count. */
  check(): void {
    const ours = this.counter.rangeCount();
    if (ours >= this.countAgainAt) this.recount(ours);
  }

  private recount(ours: number): void {
    this.limit ??= readLimit();
    const used = this.counter.countMaps();
    const room = this.limit - LEFT_TO_THE_RUNTIME - used;
    if (used >= 0 && room <= 0) {
      throw systemError(
        errno.ENOMEM,
        'mmap',
        undefined,
        `the process has ${used} mappings and vm.max_map_count is ${this.limit}; the last ${LEFT_TO_THE_RUNTIME} are left to the ` +
          'runtime, which aborts without them. Close mappings, map fewer and larger ranges, or raise it: sysctl vm.max_map_count=262144',
      );
    }
    this.countAgainAt = ours + Math.max(1, Math.floor(room * SHARE_BETWEEN_COUNTS));
  }
}
