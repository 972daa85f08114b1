import { AbortListeners } from '../core/abort-listeners.js';
import { SortedList } from '../core/sorted-list.js';

/** Bytes from the start of a mapping. */
export interface FlushRange {
  readonly offset: number;
  readonly length: number;
}

/** Whose flush it is, and the lane (the file) in which one runs at a time. */
export interface FlushPlace {
  readonly owner: object;
  readonly lane: object;
}

/** Flushes a range, off the main thread; called when its turn has come. */
export type StartFlush = (range: FlushRange) => Promise<void>;

/** One call's part in a flush. */
interface Request {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  group: Group;
}

/** The requests of one flush. Of two that are joined the larger one stays, so that joining many costs each request little. */
interface Group {
  flush: Flush;
  readonly requests: Set<Request>;
}

/** A flush that waits, for one request or several. */
interface Flush {
  readonly owner: object;
  readonly lane: Lane;
  /** Flushes start in this order. */
  readonly number: number;
  readonly start: StartFlush;
  range: FlushRange;
  group: Group;
}

/** Of its flushes only one runs: those of one file. Failures are told of once per open file. */
interface Lane {
  readonly key: object;
  readonly waiting: SortedList<Flush>;
  running: boolean;
}

function endOf({ range }: Flush): number {
  return range.offset + range.length;
}

/** One range over both. */
function hull(a: FlushRange, b: FlushRange): FlushRange {
  const offset = Math.min(a.offset, b.offset);
  return { offset, length: Math.max(a.offset + a.length, b.offset + b.length) - offset };
}

/** Those that overlap or touch `range`. They do not touch each other. */
function touching(flushes: SortedList<Flush>, { offset, length }: FlushRange): Flush[] {
  const before = flushes.atOrBefore(offset);
  const found = before !== undefined && endOf(before) >= offset ? [before] : [];
  for (
    let next = flushes.after(offset);
    next !== undefined && next.range.offset <= offset + length;
    next = flushes.after(next.range.offset)
  ) {
    found.push(next);
  }
  return found;
}

/** The requests of `other` go with `flush`. */
function takeOver(flush: Flush, other: Flush): void {
  const [large, small] =
    flush.group.requests.size >= other.group.requests.size ? [flush.group, other.group] : [other.group, flush.group];
  for (const request of small.requests) {
    large.requests.add(request);
    request.group = large;
  }
  large.flush = flush;
  flush.group = large;
}

/** Its next flush can start. */
function isReady({ running, waiting }: Lane): boolean {
  return !running && waiting.first !== undefined;
}

/**
 * Flushes that run off the main thread, few at a time: the addon has four threads of its own for the whole process (the
 * emulation uses libuv's four), and one stuck disk must not take them all. A request that has not started can be taken back, and
 * joins an earlier one that has not started either where their ranges touch. It never joins one that runs: stores made
 * since that began may not be in it. Of one file one runs at a time.
 *
 * No step looks at everything that waits: adding and starting n flushes takes some n log n comparisons.
 */
export class FlushQueue {
  /** By owner: what waits, by offset. No two of an owner touch. */
  private readonly owners = new Map<object, SortedList<Flush>>();
  private readonly lanes = new Map<object, Lane>();
  /** Lanes in which something waits and nothing runs, by the number of what comes next. */
  private readonly ready = new SortedList<Lane>(({ waiting }) => waiting.first?.number ?? 0);
  private readonly aborts = new AbortListeners<Request>((request, reason) => this.takeBack(request, reason));
  private running = 0;
  private lastNumber = 0;

  /** `limit`: how many run at once in this thread. */
  constructor(private readonly limit: number) {}

  /** Flushes `range` when its turn comes. Rejects with the signal's reason when that is aborted before. */
  add(place: FlushPlace, range: FlushRange, start: StartFlush, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise<void>((resolve, reject) => {
      const { group } = this.join(place.owner, range) ?? this.append(place, range, start);
      const request = { resolve, reject, signal, group };
      group.requests.add(request);
      if (signal !== undefined) this.aborts.add(signal, request);
      this.next();
    });
  }

  /** The waiting flush that has `range` in it from now on, if any touches it: the earliest, and the others that touch it go into that. */
  private join(owner: object, range: FlushRange): Flush | undefined {
    const ranges = this.owners.get(owner);
    if (ranges === undefined) return undefined;
    const touched = touching(ranges, range).sort((a, b) => a.number - b.number);
    const [flush, ...others] = touched;
    if (flush === undefined) return undefined;
    const all = touched.reduce((sum, each) => hull(sum, each.range), range);
    for (const other of others) {
      this.remove(other);
      takeOver(flush, other);
    }
    ranges.delete(flush);
    flush.range = all;
    ranges.add(flush);
    return flush;
  }

  private append(place: FlushPlace, range: FlushRange, start: StartFlush): Flush {
    const { owner } = place;
    const lane = this.laneOf(place.lane);
    const group = { requests: new Set<Request>() } as Group;
    const flush: Flush = { owner, lane, number: ++this.lastNumber, start, range, group };
    group.flush = flush;
    const ranges = this.owners.get(owner) ?? new SortedList<Flush>((each) => each.range.offset);
    this.owners.set(owner, ranges);
    ranges.add(flush);
    this.change(lane, () => lane.waiting.add(flush));
    return flush;
  }

  private laneOf(key: object): Lane {
    const lane = this.lanes.get(key) ?? { key, waiting: new SortedList<Flush>(({ number }) => number), running: false };
    this.lanes.set(key, lane);
    return lane;
  }

  /** Changes what waits or runs in a lane. */
  private change(lane: Lane, change: () => void): void {
    if (isReady(lane)) this.ready.delete(lane);
    change();
    if (isReady(lane)) this.ready.add(lane);
    else if (!lane.running) this.lanes.delete(lane.key);
  }

  private remove(flush: Flush): void {
    const { lane, owner } = flush;
    const ranges = this.owners.get(owner);
    ranges?.delete(flush);
    if (ranges?.first === undefined) this.owners.delete(owner);
    this.change(lane, () => lane.waiting.delete(flush));
  }

  private takeBack(request: Request, reason: unknown): void {
    const { flush, requests } = request.group;
    requests.delete(request);
    if (requests.size === 0) this.remove(flush);
    request.reject(reason);
  }

  private stopListening({ group }: Flush): void {
    for (const request of group.requests) if (request.signal !== undefined) this.aborts.delete(request.signal, request);
  }

  /** Rejects every request of `owner` that has not started; `makeError` is called for each, since most often there is none. */
  drop(owner: object, makeError: () => Error): void {
    for (const flush of [...(this.owners.get(owner) ?? [])]) {
      this.remove(flush);
      this.stopListening(flush);
      for (const { reject } of flush.group.requests) reject(makeError());
    }
  }

  private next(): void {
    const flush = this.running < this.limit ? this.ready.first?.waiting.first : undefined;
    if (flush === undefined) return;
    const { lane } = flush;
    this.running++;
    this.change(lane, () => (lane.running = true));
    this.remove(flush);
    this.stopListening(flush);
    void this.run(flush);
  }

  private async run({ lane, range, start, group }: Flush): Promise<void> {
    try {
      await start(range);
      for (const { resolve } of group.requests) resolve();
    } catch (error) {
      for (const { reject } of group.requests) reject(error);
    } finally {
      this.running--;
      this.change(lane, () => (lane.running = false));
      this.next();
    }
  }
}

/** This thread's flushes. Two at a time leave half of the threads to everybody else. */
export const flushQueue = new FlushQueue(2);
