import { dirname } from 'node:path';
import type { Span } from '../backend/region.js';

/** The numbers of {@link Store.words} for each word: its index, the old value (low and high half), and the new one. */
export const FIELDS = 5;

/**
 * Words that changed between two looks at the memory, in an order that is not known; with trace: 'exact' the words that
 * one instruction has stored.
 */
export interface Store {
  readonly kind: 'store';
  /** {@link FIELDS} numbers for each word. */
  readonly words: Int32Array;
  /** Each word was stored by one instruction: by write(), fill(), persistWord() or an Atomics call. */
  readonly whole: ReadonlySet<number> | 'all' | 'none';
  /** The bytes that the instruction has changed; undefined: the words were found by comparison. */
  readonly span: Span | undefined;
  /** Instructions that store one value of its word, this one among them: 1, or more for a word in pieces. */
  readonly pieces: number;
  readonly site: Site;
}

/** The write-back of a range begins. */
export interface Flush {
  readonly kind: 'flush';
  readonly id: number;
  /** Only the drain with its `id` waits for it: it runs on another thread. */
  readonly ownEnd: boolean;
  readonly offset: number;
  readonly length: number;
  readonly site: Site;
}

/** The flushes before it have arrived; with `id` only that one, which an asynchronous call began. */
export interface Drain {
  readonly kind: 'drain';
  readonly id: number | undefined;
  readonly site: Site;
}

/** A flush that failed: it guarantees nothing, and its pages count as clean. */
export interface FailedFlush {
  readonly kind: 'fail';
  readonly id: number;
  readonly offset: number;
  readonly length: number;
  readonly site: Site;
}

/** The program under test has told somebody that the state so far is durable. */
export interface Ack {
  readonly kind: 'ack';
  readonly value: unknown;
  readonly site: Site;
}

/** The memory has become longer. */
export interface Grow {
  readonly kind: 'grow';
  /** Bytes, of all of the memory. */
  readonly length: number;
  readonly site: Site;
}

export type TraceEvent = Store | Flush | Drain | FailedFlush | Ack | Grow;

/** The package itself: dist/lib. */
const PACKAGE = dirname(__dirname);

/** Most frames of the package and of its caller that a stack has. */
const MOST_FRAMES = 16;

/** Where a call of the program under test is. It becomes text only if a report needs it. */
export class Stack {
  private readonly holder: { readonly stack?: string } = {};

  /** The stack of this moment. It costs some 3 us, most of what a recorded call costs. */
  constructor() {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = MOST_FRAMES;
    Error.captureStackTrace(this.holder, Stack);
    Error.stackTraceLimit = stackTraceLimit;
  }

  /** The first frame that is not the package's. */
  get caller(): string | undefined {
    const frames = (this.holder.stack ?? '').split('\n').slice(1);
    return frames.find((line) => !line.includes(PACKAGE) && !line.includes('node:') && line.includes(':'))?.trim();
  }
}

/** A call of the program under test, and its place. */
export class Site {
  constructor(
    readonly call: string,
    private readonly stack: Stack,
  ) {}

  /** "persist() at Log.append (log.js:40:12)". */
  toString(): string {
    const { caller } = this.stack;
    return caller === undefined ? this.call : `${this.call} ${caller}`;
  }
}
