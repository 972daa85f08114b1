/** One message at a time from a sender to a receiver in another process or thread, which confirms each. */
export interface Work {
  /** The path of a file or socket that both ends use. */
  readonly path: string;
  /** Bytes of a message. */
  readonly length: number;
  /** The number of all messages. */
  readonly total: number;
}

/** The sending end. */
export interface Sender {
  send(message: Buffer): void;
  /** Resolves when the receiver has confirmed at least `count` messages. */
  confirmed(count: number): Promise<void>;
  close(): void;
}

/** The receiving end: calls `check` for each message, confirms it, and resolves after the last one. */
export type Receive = (work: Work, check: (message: Uint8Array) => void) => Promise<void>;

/** Most messages that are sent and not confirmed. */
export const WINDOW = 16;

/** Counts confirmations, and wakes the sender that waits for them. */
export class Confirmations {
  private count = 0;
  private waiting: { count: number; resolve: () => void } | undefined;

  add(more: number): void {
    this.count += more;
    if (this.waiting === undefined || this.count < this.waiting.count) return;
    const { resolve } = this.waiting;
    this.waiting = undefined;
    resolve();
  }

  reach(count: number): Promise<void> {
    if (this.count >= count) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting = { count, resolve };
    });
  }
}
