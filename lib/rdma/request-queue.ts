import { setImmediate as turn } from 'node:timers/promises';
import { AbortListeners } from '../core/abort-listeners.js';
import { errno, systemError } from '../core/errors.js';
import { closedError, flushedError, RdmaError, statusError } from './errors.js';
import { post, type PostRequest } from './post.js';
import type { Verbs } from './verbs.js';

/** Operations that may wait for a place in the queue of the device. */
const MOST_WAITING = 2 ** 16;
/** Completions that one call takes; each is three numbers: slot, status, code of the vendor. */
const BATCH = 32;
const VALUES = 3;

/** One call of an endpoint: its requests, in order, and its promise. */
interface Operation {
  readonly name: string;
  readonly requests: readonly PostRequest[];
  readonly signal: AbortSignal | undefined;
  readonly resolve: (value: bigint) => void;
  readonly reject: (error: unknown) => void;
  posted: number;
  completed: number;
}

/** A request that is with the device. */
interface Posted {
  readonly operation: Operation;
  /** The slot of the request before it in its chain, which has no completion of its own; undefined: it is the first. */
  readonly before: number | undefined;
}

/** A call of an endpoint, before it is queued. */
export interface OperationRequest {
  readonly name: string;
  readonly requests: readonly PostRequest[];
  readonly signal?: AbortSignal | undefined;
}

/** What a {@link RequestQueue} serves. */
export interface RequestQueueParts {
  readonly endpoint: number;
  readonly depth: number;
  /** Microseconds. */
  readonly busyPoll: number;
  /** Called once, with the first error. */
  readonly failed: (error: unknown) => void;
}

/**
 * The queue of an endpoint. At most `depth` requests are with the device; the others wait here, in order. A request
 * that waits can be aborted; one that is with the device cannot.
 */
export class RequestQueue {
  private readonly waiting: Operation[] = [];
  private readonly bySlot = new Map<number, Posted>();
  private readonly free: number[];
  private readonly completions = new Float64Array(BATCH * VALUES);
  private readonly aborts = new AbortListeners<Operation>((operation, reason) => this.abort(operation, reason));
  private isWatching = false;
  /** undefined: operations are taken. */
  private end: { readonly why: 'failed' | 'closed'; readonly error: unknown } | undefined;

  constructor(
    private readonly verbs: Verbs,
    private readonly parts: RequestQueueParts,
  ) {
    const { depth } = parts;
    this.free = Array.from({ length: depth }, (_, n) => depth - 1 - n);
  }

  /** Resolves to what an atomic operation has read, else to 0n. */
  add({ name, requests, signal }: OperationRequest): Promise<bigint> {
    return new Promise((resolve, reject) => {
      if (this.end !== undefined) {
        reject(this.endError(name));
        return;
      }
      if (this.waiting.length >= MOST_WAITING) {
        reject(
          systemError(errno.EAGAIN, 'ibv_post_send', undefined, `${MOST_WAITING} operations wait: await some first`),
        );
        return;
      }
      const operation: Operation = { name, requests, signal, resolve, reject, posted: 0, completed: 0 };
      this.waiting.push(operation);
      if (signal !== undefined) this.aborts.add(signal, operation);
      this.postWaiting();
      void this.watch();
    });
  }

  /** Ends the queue, and rejects what has not completed. The queue pair is destroyed. */
  close(): void {
    this.endWith('closed', closedError('the endpoint'));
    this.destroy();
  }

  /** The connection has failed, as an event of the device says. */
  fail(error: unknown): void {
    this.endWith('failed', error);
  }

  private endError(name: string): unknown {
    return this.end?.why === 'failed' ? flushedError(name, this.end.error) : this.end?.error;
  }

  private endWith(why: 'failed' | 'closed', error: unknown): void {
    if (this.end?.why === 'closed' || this.end?.why === why) return;
    const isFirst = this.end === undefined;
    this.end = { why, error };
    for (const operation of this.waiting.splice(0)) {
      if (operation.posted === 0) this.settle(operation, () => operation.reject(this.endError(operation.name)));
    }
    if (why === 'failed' && isFirst) this.parts.failed(error);
  }

  private destroy(): void {
    this.verbs.addon.rdmaCloseEndpoint(this.parts.endpoint);
    const open = new Set([...this.bySlot.values()].map(({ operation }) => operation));
    this.bySlot.clear();
    for (const operation of open) this.settle(operation, () => operation.reject(this.endError(operation.name)));
  }

  private settle(operation: Operation, how: () => void): void {
    if (operation.signal !== undefined) this.aborts.delete(operation.signal, operation);
    how();
  }

  private abort(operation: Operation, reason: unknown): void {
    if (operation.posted > 0) return;
    const at = this.waiting.indexOf(operation);
    if (at >= 0) this.waiting.splice(at, 1);
    operation.reject(reason);
  }

  private postWaiting(): void {
    for (let operation = this.waiting[0]; operation !== undefined; operation = this.waiting[0]) {
      if (this.free.length === 0 || !this.postChain(operation)) return;
      if (operation === this.waiting[0] && operation.posted === operation.requests.length) this.waiting.shift();
    }
  }

  /** Posts as many requests of an operation as there is room for, together. @returns false: the queue has ended. */
  private postChain(operation: Operation): boolean {
    const { requests, posted } = operation;
    const slots = this.free.splice(-(requests.length - posted)).reverse();
    const last = slots.length - 1;
    for (const [index, slot] of slots.entries()) {
      const place = { endpoint: this.parts.endpoint, slot, isLast: index === last };
      const result = post(this.verbs, place, requests[posted + index]!);
      if (result === 0) continue;
      this.free.push(...slots);
      this.notPosted(operation, result);
      return this.end === undefined;
    }
    slots.forEach((slot, index) => this.bySlot.set(slot, { operation, before: slots[index - 1] }));
    operation.posted += slots.length;
    return true;
  }

  private notPosted(operation: Operation, result: number): void {
    const error =
      result === errno.ENOENT
        ? new RdmaError(
            'ERR_RDMA_LOCAL_PROTECTION',
            `${operation.name}: the local registration has ended: it was deregistered or fenced`,
            { operation: operation.name },
          )
        : systemError(result, 'ibv_post_send');
    this.settle(operation, () => operation.reject(error));
    if (operation.posted === 0 && result === errno.ENOENT) {
      this.waiting.shift(); // nothing was sent, so the connection goes on
      return;
    }
    this.endWith('failed', error);
    this.destroy();
  }

  /** Takes completions until none is outstanding. One of these runs at a time. */
  private async watch(): Promise<void> {
    if (this.isWatching) return;
    this.isWatching = true;
    try {
      while (this.bySlot.size > 0) {
        const count = await this.next();
        if (count < 0) {
          if (this.end === undefined) this.endWith('failed', systemError(count, 'ibv_poll_cq'));
          this.destroy();
          return;
        }
        this.take(count);
        // Callers go on and post more, and other events have their turn. What completes meanwhile needs no event of the
        // device, which costs two changes of threads.
        if (count > 0) await turn();
      }
    } finally {
      this.isWatching = false;
    }
  }

  /**
   * Takes completions. It looks for the time of `busyPoll`, and other events have their turns meanwhile; then it sleeps
   * until the device tells. @returns their number, or a negative errno. 0: look again.
   */
  private async next(): Promise<number> {
    const { addon } = this.verbs;
    for (const until = performance.now() + this.parts.busyPoll / 1000; performance.now() < until;) {
      const count = await addon.rdmaReap(this.parts.endpoint, this.completions, 0);
      if (count !== 0) return count;
      await turn();
      if (this.bySlot.size === 0) return 0;
    }
    return addon.rdmaReap(this.parts.endpoint, this.completions, 1);
  }

  private take(count: number): void {
    for (let at = 0; at < count * VALUES; at += VALUES) {
      const slot = this.completions[at] ?? 0;
      const status = this.completions[at + 1] ?? 0;
      const vendor = this.completions[at + 2] ?? 0;
      const operation = this.bySlot.get(slot)?.operation;
      if (operation !== undefined) this.complete(operation, slot, status, vendor);
    }
    if (this.end === undefined) this.postWaiting();
  }

  private complete(operation: Operation, slot: number, status: number, vendor: number): void {
    this.freeChain(operation, slot);
    if (status !== 0) {
      const isFirst = this.end === undefined;
      const error = statusError(operation.name, status, vendor, isFirst ? undefined : this.end?.error);
      this.settle(operation, () => operation.reject(error));
      if (isFirst) this.endWith('failed', error);
    } else if (operation.completed === operation.requests.length) {
      const value = this.readsValue(operation) ? this.valueOf(slot) : 0n;
      this.settle(operation, () => operation.resolve(value));
    } else if (this.end !== undefined && operation.completed === operation.posted) {
      this.settle(operation, () => operation.reject(this.endError(operation.name))); // the rest is never sent
    }
  }

  /** The request of the slot is done, and those before it in its chain. */
  private freeChain(operation: Operation, slot: number): void {
    for (let done: number | undefined = slot; done !== undefined;) {
      const posted: Posted | undefined = this.bySlot.get(done);
      if (posted === undefined) return; // the completion of a failure has freed it
      this.bySlot.delete(done);
      this.free.push(done);
      operation.completed++;
      done = posted.before;
    }
  }

  private readsValue({ requests }: Operation): boolean {
    return (requests[0]?.operation ?? 0) >= 4; // compareExchange, fetchAdd
  }

  private valueOf(slot: number): bigint {
    this.verbs.addon.rdmaValue(this.parts.endpoint, slot);
    return this.verbs.integers[0] ?? 0n;
  }
}
