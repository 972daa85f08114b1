import type { Fault, Span } from '../backend/region.js';

function endOf({ offset, length }: Span): number {
  return offset + length;
}

/** `fault` and `next` are one range. */
function touch(fault: Fault, next: Fault): boolean {
  return fault.reason === next.reason && next.offset <= endOf(fault);
}

function joined(faults: readonly Fault[]): Fault[] {
  const result: Fault[] = [];
  for (const fault of faults) {
    const last = result.at(-1);
    if (last === undefined || !touch(last, fault)) result.push(fault);
    else result[result.length - 1] = { ...last, length: Math.max(endOf(last), endOf(fault)) - last.offset };
  }
  return result;
}

/** The ranges of a mapping that were lost, until remap() maps them again. */
export class LostRanges {
  private sorted: readonly Fault[] = [];
  private undrained: Fault | undefined;

  /** In order. A change makes another list. */
  get ranges(): readonly Fault[] {
    return this.sorted;
  }

  add(faults: readonly Fault[]): void {
    this.sorted = joined([...this.sorted, ...faults].sort((a, b) => a.offset - b.offset));
    this.undrained ??= faults[0];
  }

  /** The first lost range that the bytes touch. No bytes touch none. */
  in(offset: number, length: number): Fault | undefined {
    if (length === 0) return undefined;
    return this.sorted.find((fault) => fault.offset < offset + length && offset < endOf(fault));
  }

  /** The first fault since the last call. */
  takeUndrained(): Fault | undefined {
    const { undrained } = this;
    this.undrained = undefined;
    return undrained;
  }

  /** The mapping ends at `length` now. */
  cut(length: number): void {
    this.sorted = this.sorted
      .filter(({ offset }) => offset < length)
      .map((fault) => ({ ...fault, length: Math.min(fault.length, length - fault.offset) }));
  }

  delete(fault: Fault): void {
    this.sorted = this.sorted.filter((each) => each !== fault);
  }
}
