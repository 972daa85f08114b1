import { WORD_BYTES } from '../core/word.js';
import type { Fault } from '../backend/region.js';
import { errnoName, systemError } from '../core/errors.js';
import type { ExactTrace } from './exact-trace.js';
import { FIELDS, Site, Stack, type TraceEvent } from './trace.js';
import { applyWords, halvesOf, missedBefore, takeChanges, wordsIn } from './word-memory.js';

/** A flush that is to fail. */
export interface PlannedFailure {
  /** 1: the next one. */
  at: number;
  /** Negative. */
  readonly errno: number;
}

/** The calls that can be made to fail. */
export type FailingCall = 'persist' | 'resize';

/** The words that a store of the package to [start, end) covers; it stores the bytes of the others one by one. */
function coveredWords(words: Int32Array, start: number, end: number): ReadonlySet<number> | 'all' {
  if (start % WORD_BYTES === 0 && end % WORD_BYTES === 0) return 'all';
  const covered = new Set<number>();
  for (let at = 0; at < words.length; at += FIELDS) {
    const word = words[at] as number;
    if (word * WORD_BYTES >= start && (word + 1) * WORD_BYTES <= end) covered.add(word);
  }
  return covered;
}

/** A copy whose words are aligned: Buffer.from() gives a part of a pool. */
function alignedCopy(bytes: Buffer): Buffer {
  const copy = Buffer.alloc(bytes.length);
  bytes.copy(copy);
  return copy;
}

/** "store 3 of 17 before persist()". */
function numbered(call: string, index: number, count: number): string {
  const rest = call.startsWith('stores ') ? call.slice('stores'.length) : `, ${call}`;
  return `store ${index + 1} of ${count}${rest}`;
}

/**
 * Records the stores, flushes and drains of one memory. It sees stores by comparing the memory with a copy of it at
 * each call; with an exact trace only those that the trace has missed.
 */
export class Recorder {
  events: TraceEvent[] = [];
  /** Words that an Atomics call has stored since the last look. */
  private readonly atomics = new Set<number>();
  /** Element 0 counts simulated faults. */
  readonly faultCount = new Uint32Array(1);
  faults: Fault[] = [];
  private readonly failures = new Map<FailingCall, PlannedFailure>();
  private shadowBytes: Buffer;
  private lastId = 0;
  /** Of the public call that runs. */
  private stack: Stack | undefined;

  /**
   * @param live - the memory itself. Its length is a multiple of 8.
   * @param exact - the stores into it; undefined: they are found by comparison alone.
   */
  constructor(
    private liveBytes: Buffer,
    private readonly exact?: ExactTrace,
  ) {
    this.shadowBytes = alignedCopy(liveBytes);
  }

  get live(): Buffer {
    return this.liveBytes;
  }

  /** An Atomics call has stored the word at this place, if the place is one of the memory. */
  noteAtomic(offset: number): void {
    if (offset % WORD_BYTES === 0 && offset < this.liveBytes.length) this.atomics.add(offset / WORD_BYTES);
  }

  /** The memory at the last look. */
  get shadow(): Buffer {
    return this.shadowBytes;
  }

  /** The memory has become longer, and may have moved. */
  moveTo(live: Buffer): void {
    const shadow = Buffer.alloc(live.length);
    this.shadowBytes.copy(shadow);
    this.liveBytes = live;
    this.shadowBytes = shadow;
  }

  /** The emulation takes the memory away with its last mapping: a copy takes its place. */
  keep(): void {
    if (this.liveBytes.length !== this.shadowBytes.length) this.liveBytes = alignedCopy(this.shadowBytes);
  }

  /** The emulation has looked at a mapping from before the memory became so long. */
  reserve(length: number): void {
    if (length <= this.liveBytes.length) return;
    const live = Buffer.alloc(wordsIn(length) * WORD_BYTES);
    this.shadowBytes.copy(live);
    this.liveBytes = live;
    this.shadowBytes = alignedCopy(live);
  }

  /** From now on `live` is the memory. It gets the content of the last look. */
  lookAt(live: Buffer): void {
    this.shadowBytes.copy(live);
    this.liveBytes = live;
    this.shadowBytes = alignedCopy(live);
  }

  private site(call: string): Site {
    return new Site(call, (this.stack ??= new Stack()));
  }

  /**
   * Records every store since the last look. Each public call begins with it.
   *
   * @param likely - the range of the call, [start, end): most stores are there.
   */
  look(call: string, likely?: readonly [number, number]): void {
    this.stack = undefined;
    const { liveBytes: live, shadowBytes: shadow } = this;
    if (live.length !== shadow.length) return; // the emulation has taken it away, with the last view
    this.takeTraced(call);
    const words = takeChanges(live, shadow, likely);
    if (words !== undefined) this.addStore(words, call, this.takeAtomics(words));
  }

  /** Another process, or a thread with a mapping of its own, stores past the trace: the comparison finds it. */
  private takeTraced(call: string): void {
    const stores = this.exact?.take() ?? [];
    if (stores.length === 0) return;
    for (const [index, { words, span, pieces }] of stores.entries()) {
      const missed = missedBefore(words, this.shadowBytes);
      if (missed !== undefined) this.addStore(missed, call, 'none');
      const site = this.site(numbered(call, index, stores.length));
      this.events.push({ kind: 'store', words, whole: 'all', span, pieces, site });
      applyWords(words, this.shadowBytes);
    }
  }

  /**
   * Records the stores of the package itself into a range, after {@link look}: each word that it covers whole,
   * unless it was traced.
   *
   * @param isOrdered - false: in production the CPU does not keep the order of these stores.
   */
  ownStore(offset: number, length: number, call: string, isOrdered = true): void {
    if (isOrdered) this.takeTraced(call);
    else this.exact?.take(); // the comparison finds them, without an order
    const start = Math.floor(offset / WORD_BYTES) * WORD_BYTES;
    const end = Math.min(this.liveBytes.length, Math.ceil((offset + length) / WORD_BYTES) * WORD_BYTES);
    const words = takeChanges(this.liveBytes.subarray(start, end), this.shadowBytes.subarray(start, end));
    if (words === undefined) return;
    for (let at = 0; at < words.length; at += FIELDS) words[at] = (words[at] ?? 0) + start / WORD_BYTES;
    this.addStore(words, call, coveredWords(words, offset, offset + length));
  }

  private addStore(words: Int32Array, call: string, whole: ReadonlySet<number> | 'all' | 'none'): void {
    this.events.push({ kind: 'store', words, whole, span: undefined, pieces: 1, site: this.site(call) });
  }

  private takeAtomics(words: Int32Array): ReadonlySet<number> | 'none' {
    if (this.atomics.size === 0) return 'none';
    const whole = new Set<number>();
    for (let at = 0; at < words.length; at += FIELDS) if (this.atomics.has(words[at] ?? 0)) whole.add(words[at] ?? 0);
    this.atomics.clear();
    return whole;
  }

  /** @param ownEnd - only its own {@link drain} waits for it. @returns its number, for that. */
  flush(offset: number, length: number, call: string, ownEnd = false): number {
    const id = ++this.lastId;
    this.events.push({ kind: 'flush', id, ownEnd, offset, length, site: this.site(call) });
    return id;
  }

  /** @param id - the flush that has arrived; undefined: all that this thread waits for. */
  drain(call: string, id?: number): void {
    this.events.push({ kind: 'drain', id, site: this.site(call) });
  }

  ack(value: unknown): void {
    this.events.push({ kind: 'ack', value, site: this.site('ack()') });
  }

  /** @param length - bytes of all of the memory now. */
  grow(length: number, call: string): void {
    this.events.push({ kind: 'grow', length, site: this.site(call) });
  }

  plan(call: FailingCall, failure: PlannedFailure): void {
    this.failures.set(call, failure);
  }

  /** Throws if this call is the one that was planned to fail. */
  failIfPlanned(call: FailingCall, syscall: string, failed: () => void = () => undefined): void {
    const planned = this.failures.get(call);
    if (planned === undefined || --planned.at > 0) return;
    this.failures.delete(call);
    failed();
    throw systemError(
      planned.errno,
      syscall,
      undefined,
      `${errnoName(planned.errno)} was asked for by fail('${call}')`,
    );
  }

  /** The msync of the page tier fails: the kernel takes the pages for clean. */
  failFlush(offset: number, length: number, call: string): void {
    this.events.push({ kind: 'fail', id: ++this.lastId, offset, length, site: this.site(call) });
  }

  /** A range of the memory is lost: zeros of the process are in its place. */
  lose(fault: Fault): void {
    this.liveBytes.fill(0, fault.offset, fault.offset + fault.length);
    this.liveBytes.copy(this.shadowBytes, fault.offset, fault.offset, fault.offset + fault.length);
    this.faults.push(fault);
    this.faultCount[0] = (this.faultCount[0] ?? 0) + 1;
  }

  takeFaults(): Fault[] {
    const { faults } = this;
    this.faults = [];
    return faults;
  }

  /** The trace so far, which begins anew. */
  takeEvents(): TraceEvent[] {
    const { events } = this;
    this.events = [];
    return events;
  }

  /** Takes the stores of `events` back, in the memory and in the copy of it. */
  undo(events: readonly TraceEvent[]): void {
    this.keep();
    const live = halvesOf(this.liveBytes);
    const shadow = halvesOf(this.shadowBytes);
    for (let index = events.length - 1; index >= 0; index--) {
      const event = events[index];
      if (event?.kind !== 'store') continue;
      for (let at = 0; at < event.words.length; at += FIELDS) {
        const half = 2 * (event.words[at] ?? 0);
        live[half] = shadow[half] = event.words[at + 1] ?? 0;
        live[half + 1] = shadow[half + 1] = event.words[at + 2] ?? 0;
      }
    }
  }
}
