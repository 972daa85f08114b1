import { RING_DEPTH, type RegisteredRing } from '../backend/registrations.js';
import { errno, systemError } from '../core/errors.js';
import type { Transfer, Transfers } from './provider.js';

/** Values of one completion: request and result. */
const VALUES = 2;

/** What the error of a transfer needs. */
interface Pending {
  readonly operation: 'read' | 'write';
  readonly resolve: (bytes: number) => void;
  readonly reject: (error: unknown) => void;
}

function adviceFor(result: number): string | undefined {
  switch (result) {
    case errno.EAGAIN:
      return `${RING_DEPTH} transfers of the registration are under way: await some first`;
    case errno.EBADF:
      return 'the file is closed, or was not opened for this';
    case errno.ECANCELED:
      return 'the registration has ended: it was deregistered or fenced';
    case errno.EINVAL:
      return 'only regular files and block devices take part; O_DIRECT needs a position, an offset and a length that are multiples of the block size';
    default:
      return undefined;
  }
}

/** The transfers of one ring, and their promises. */
export class RingQueue implements Transfers {
  private readonly pending = new Map<number, Pending>();
  private readonly free = Array.from({ length: RING_DEPTH }, (_, n) => RING_DEPTH - 1 - n);
  private readonly completions = new Float64Array(RING_DEPTH * VALUES);
  private isWatching = false;
  private hasEnded = false;

  constructor(
    private readonly ring: RegisteredRing,
    private readonly path: string | undefined,
  ) {}

  /** Resolves to the number of bytes. It is with the kernel on return, so `fd` may be closed. */
  transfer({ operation, fd, position, offset, length }: Transfer): Promise<number> {
    const request = this.free.pop();
    const result =
      request === undefined ? errno.EAGAIN : this.ring.submit({ operation, request, fd, position, offset, length });
    if (request === undefined || result !== 0) {
      if (request !== undefined) this.free.push(request);
      return Promise.reject(this.failure(operation, result));
    }
    return new Promise((resolve, reject) => {
      this.pending.set(request, { operation, resolve, reject });
      this.watchLater();
    });
  }

  /** The registration has ended. What was under way has completed. */
  ended(): void {
    this.hasEnded = true;
    if (!this.isWatching) this.ring.drop();
  }

  private failure(operation: 'read' | 'write', result: number): Error {
    return systemError(result, operation, this.path, adviceFor(result));
  }

  /** After the calls of this turn of the loop, so that one look takes what they have begun. One runs at a time. */
  private watchLater(): void {
    if (this.isWatching) return;
    this.isWatching = true;
    process.nextTick(() => void this.watch());
  }

  /** Takes completions until none is outstanding. */
  private async watch(): Promise<void> {
    while (this.pending.size > 0) {
      const reaped = this.ring.reap(this.completions);
      const count = typeof reaped === 'number' ? reaped : await reaped;
      if (count < 0) this.rejectAll(count);
      else this.take(count);
    }
    this.isWatching = false;
    if (this.hasEnded) this.ring.drop();
  }

  private rejectAll(result: number): void {
    for (const { operation, reject } of this.pending.values()) reject(this.failure(operation, result));
    this.pending.clear();
  }

  private take(count: number): void {
    for (let at = 0; at < count * VALUES; at += VALUES) {
      const request = this.completions[at] ?? 0;
      const result = this.completions[at + 1] ?? 0;
      const pending = this.pending.get(request);
      this.pending.delete(request);
      this.free.push(request);
      if (result >= 0) pending?.resolve(result);
      else pending?.reject(this.failure(pending.operation, result));
    }
  }
}
