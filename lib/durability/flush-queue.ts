import { AbortListeners } from '../core/abort-listeners.js';
import { SortedList } from '../core/sorted-list.js';
import type { Durability } from './durability.js';

/** Bytes from the start of a mapping. */
export interface FlushRange {
  readonly offset: number;
  readonly length: number;
}

/** The owner of a flush, and its lane (the file). In each lane one flush runs at a time. */
export interface FlushPlace {
  readonly owner: object;
  readonly lane: object;
}

/** Flushes a range off the main thread. The queue calls it when it starts the flush. */
export type StartFlush = (range: FlushRange) => Promise<void>;

/** One call's part in a flush. */
interface Request {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  group: Group;
}

/**
 * The requests of one flush. When two are joined, the larger group stays, so that many joins cost each request little.
 */
interface Group {
  flush: Flush;
  readonly requests: Set<Request>;
}

/** A waiting flush, of one request or several. */
interface Flush {
  readonly owner: object;
  readonly lane: Lane;
  /** Flushes start in this order. */
  readonly number: number;
  readonly start: StartFlush;
  range: FlushRange;
  group: Group;
}

/** The flushes of one file, of which one runs at a time: Linux reports a failure once per open file. */
interface Lane {
  readonly key: object;
  readonly waiting: SortedList<Flush>;
  running: boolean;
}

function numberOf({ number }: Flush): number {
  return number;
}

function endOf({ range }: Flush): number {
  return range.offset + range.length;
}

/** One range over both. */
function hull(a: FlushRange, b: FlushRange): FlushRange {
  const offset = Math.min(a.offset, b.offset);
  return { offset, length: Math.max(a.offset + a.length, b.offset + b.length) - offset };
}

/** The flushes that overlap or touch `range`. They do not touch each other. */
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

/** Moves the requests of `other` to `flush`. */
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

/** The next flush of the lane can start. */
function isReady({ running, waiting }: Lane): boolean {
  return !running && waiting.first !== undefined;
}

/**
 * Flushes off the main thread, few at a time: a request that still waits can be taken back, or joined, and one stuck
 * disk must not occupy every thread. In each lane one flush runs at a time.
 *
 * A waiting request joins an earlier waiting one if their ranges touch. It never joins a running flush, which may miss
 * the stores made since its start.
 *
 * No step visits every waiting flush: adding and starting n of them takes some n log n comparisons.
 */
export class FlushQueue {
  /** The waiting flushes of each owner, by offset. No two of one owner touch. */
  private readonly owners = new Map<object, SortedList<Flush>>();
  private readonly lanes = new Map<object, Lane>();
  /** The lanes whose next flush can start, by the number of that flush. */
  private readonly ready = new SortedList<Lane>(({ waiting }) => waiting.first?.number ?? 0);
  private readonly aborts = new AbortListeners<Request>((request, reason) => this.takeBack(request, reason));
  private running = 0;
  private lastNumber = 0;

  /** @param limit - the largest number of flushes of this thread that run at once. */
  constructor(private readonly limit: number) {}

  /** Queues a flush of `range`. Rejects with the reason of the signal if that is aborted before the flush starts. */
  add(place: FlushPlace, range: FlushRange, start: StartFlush, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.running < this.limit && !this.lanes.has(place.lane)) return this.runAtOnce(place.lane, range, start);
    return new Promise<void>((resolve, reject) => {
      const { group } = this.join(place.owner, range) ?? this.append(place, range, start);
      const request = { resolve, reject, signal, group };
      group.requests.add(request);
      if (signal !== undefined) this.aborts.add(signal, request);
      this.next();
    });
  }

  /** Nothing waits before this flush, so it needs no place among the waiting ones. */
  private async runAtOnce(key: object, range: FlushRange, start: StartFlush): Promise<void> {
    const lane = this.laneOf(key);
    this.running++;
    lane.running = true;
    try {
      await start(range);
    } finally {
      this.end(lane);
    }
  }

  /**
   * Adds `range` to the earliest waiting flush that touches it, and joins the others that do. undefined: none touches
   * it.
   */
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
    const lane = this.lanes.get(key) ?? { key, waiting: new SortedList<Flush>(numberOf), running: false };
    this.lanes.set(key, lane);
    return lane;
  }

  /** Changes the flushes of a lane, and keeps `ready` right. */
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

  /** Rejects every waiting request of `owner`. `makeError` is called for each: most often there is none. */
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
      this.end(lane);
    }
  }

  /** The running flush of the lane has ended. */
  private end(lane: Lane): void {
    this.running--;
    this.change(lane, () => (lane.running = false));
    this.next();
  }
}

// The addon has four threads for flushes alone. Twice as many in its hands let a thread go on at once, without a sleep,
// when its flush ends. The emulation has only libuv's four, and leaves half of them to other calls.
const queues = { native: new FlushQueue(8), emulated: new FlushQueue(2), simulated: new FlushQueue(8) };

/** The flushes of this thread that run on one backend. */
export function flushQueueOf({ backend }: Durability): FlushQueue {
  return queues[backend];
}
