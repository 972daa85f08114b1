interface Job {
  readonly owner: object;
  readonly start: () => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  readonly aborted: () => void;
}

/**
 * Flushes that run off the main thread, few at a time: libuv has four threads for the whole process, and one stuck disk
 * must not take them all away from everybody's file-system calls. A job that has not started can still be taken back.
 */
export class FlushQueue {
  private readonly waiting: Job[] = [];
  private running = 0;

  /** `limit`: how many run at once in this thread. */
  constructor(private readonly limit: number) {}

  /** Runs `start` when its turn comes. Rejects with the signal's reason when that is aborted before. */
  add(owner: object, start: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise<void>((resolve, reject) => {
      const aborted = (): void => {
        this.waiting.splice(this.waiting.indexOf(job), 1);
        reject(signal?.reason as Error);
      };
      const job: Job = { owner, start, resolve, reject, signal, aborted };
      signal?.addEventListener('abort', aborted, { once: true });
      this.waiting.push(job);
      this.next();
    });
  }

  /** Rejects every job of `owner` that has not started; `makeError` is called for each, since most often there is none. */
  drop(owner: object, makeError: () => Error): void {
    if (this.waiting.length === 0) return;
    const dropped = this.waiting.filter((job) => job.owner === owner);
    for (const job of dropped) {
      this.waiting.splice(this.waiting.indexOf(job), 1);
      job.signal?.removeEventListener('abort', job.aborted);
      job.reject(makeError());
    }
  }

  private next(): void {
    if (this.running >= this.limit) return;
    const job = this.waiting.shift();
    if (job === undefined) return;
    job.signal?.removeEventListener('abort', job.aborted);
    this.running++;
    job
      .start()
      .then(job.resolve, job.reject)
      .finally(() => {
        this.running--;
        this.next();
      });
  }
}

/** This thread's flushes. Two at a time leave half of libuv's default pool to everybody else. */
export const flushQueue = new FlushQueue(2);
