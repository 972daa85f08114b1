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
  readonly aborted: () => void;
}

/** A flush that may serve several requests. */
interface Flush {
  readonly owner: object;
  /** Of flushes with the same one only one runs: the file. Failures are told of once per open file. */
  readonly lane: object;
  readonly start: StartFlush;
  range: FlushRange;
  readonly requests: Set<Request>;
}

/** One range over both, if they overlap or touch. */
function joined(a: FlushRange, b: FlushRange): FlushRange | undefined {
  const offset = Math.min(a.offset, b.offset);
  const end = Math.max(a.offset + a.length, b.offset + b.length);
  return end - offset <= a.length + b.length ? { offset, length: end - offset } : undefined;
}

function stopListening({ requests }: Flush): void {
  for (const { signal, aborted } of requests) signal?.removeEventListener('abort', aborted);
}

/**
 * Flushes that run off the main thread, few at a time: the addon has four threads of its own for the whole process (the
 * emulation uses libuv's four), and one stuck disk must not take them all. A request that has not started can be taken back, and
 * joins an earlier one that has not started either where their ranges touch. It never joins one that runs: stores made
 * since that began may not be in it. Of one file one runs at a time.
 */
export class FlushQueue {
  private readonly waiting: Flush[] = [];
  private readonly running = new Set<object>(); // lanes

  /** `limit`: how many run at once in this thread. */
  constructor(private readonly limit: number) {}

  /** Flushes `range` when its turn comes. Rejects with the signal's reason when that is aborted before. */
  add({ owner, lane }: FlushPlace, range: FlushRange, start: StartFlush, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise<void>((resolve, reject) => {
      const flush = this.join(owner, range) ?? this.append({ owner, lane, range, start, requests: new Set() });
      const request: Request = {
        resolve,
        reject,
        signal,
        aborted: () => {
          flush.requests.delete(request);
          if (flush.requests.size === 0) this.waiting.splice(this.waiting.indexOf(flush), 1);
          reject(signal?.reason as Error);
        },
      };
      flush.requests.add(request);
      signal?.addEventListener('abort', request.aborted, { once: true });
      this.next();
    });
  }

  private join(owner: object, range: FlushRange): Flush | undefined {
    for (const flush of this.waiting) {
      const both = flush.owner === owner ? joined(flush.range, range) : undefined;
      if (both === undefined) continue;
      flush.range = both;
      return flush;
    }
    return undefined;
  }

  private append(flush: Flush): Flush {
    this.waiting.push(flush);
    return flush;
  }

  /** Rejects every request of `owner` that has not started; `makeError` is called for each, since most often there is none. */
  drop(owner: object, makeError: () => Error): void {
    if (this.waiting.length === 0) return;
    for (const flush of this.waiting.filter((waiting) => waiting.owner === owner)) {
      this.waiting.splice(this.waiting.indexOf(flush), 1);
      stopListening(flush);
      for (const { reject } of flush.requests) reject(makeError());
    }
  }

  private next(): void {
    if (this.running.size >= this.limit) return;
    const index = this.waiting.findIndex(({ lane }) => !this.running.has(lane));
    const [flush] = index < 0 ? [] : this.waiting.splice(index, 1);
    if (flush === undefined) return;
    stopListening(flush);
    this.running.add(flush.lane);
    void this.run(flush);
  }

  private async run({ lane, range, start, requests }: Flush): Promise<void> {
    try {
      await start(range);
      for (const { resolve } of requests) resolve();
    } catch (error) {
      for (const { reject } of requests) reject(error);
    } finally {
      this.running.delete(lane);
      this.next();
    }
  }
}

/** This thread's flushes. Two at a time leave half of the threads to everybody else. */
export const flushQueue = new FlushQueue(2);
