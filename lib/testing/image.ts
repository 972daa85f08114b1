import { WORD_BYTES } from '../core/word.js';
import { byteOf, type Value } from './model.js';
import { hashOf } from './random.js';
import type { Recorder } from './recorder.js';
import { eachWord, halvesOf } from './word-memory.js';
import { type TraceEvent } from './trace.js';

const LOW_BITS = 21; // with the 32 bits of the other half: all that a number holds exactly

/**
 * The content of the memory that recovery gets. It changes one atom at a time, and always knows its hash, so equal
 * contents are found without a comparison (Zobrist, 1970).
 */
export class Image {
  private readonly origin: Int32Array;
  private readonly originBytes: Uint8Array;
  private first = 0;
  private second = 0;

  /** @param atom - bytes of an atom. The content now is the one of hash 0. */
  constructor(
    readonly recorder: Recorder,
    private readonly atom: 1 | 8,
  ) {
    this.originBytes = Uint8Array.from(recorder.live);
    this.origin = halvesOf(this.originBytes);
  }

  /** A number for the content: equal contents have equal numbers, others practically never. */
  get key(): number {
    return (this.first >>> 0) * 2 ** LOW_BITS + ((this.second >>> 0) >>> (32 - LOW_BITS));
  }

  get(atom: number): Value {
    const { live } = this.recorder;
    if (this.atom === 1) return { low: live[atom] ?? 0, high: 0 };
    return { low: live.readInt32LE(atom * WORD_BYTES), high: live.readInt32LE(atom * WORD_BYTES + 4) };
  }

  set(atom: number, value: Value): void {
    const { low, high } = this.get(atom);
    if (low === value.low && high === value.high) return;
    this.toggle(atom, low, high);
    this.toggle(atom, value.low, value.high);
    for (const bytes of [this.recorder.live, this.recorder.shadow]) {
      if (this.atom === 1) bytes[atom] = value.low;
      else {
        bytes.writeInt32LE(value.low, atom * WORD_BYTES);
        bytes.writeInt32LE(value.high, atom * WORD_BYTES + 4);
      }
    }
  }

  get length(): number {
    return this.recorder.live.length;
  }

  /** Turns one bit over. */
  flip(bit: number): void {
    const inAtom = bit % (8 * this.atom);
    const atom = Math.floor(bit / (8 * this.atom));
    const { low, high } = this.get(atom);
    if (inAtom < 32) this.set(atom, { low: low ^ (1 << inAtom), high });
    else this.set(atom, { low, high: high ^ (1 << (inAtom - 32)) });
  }

  /** The part of the hash of an atom; the value of the origin counts as nothing. */
  private toggle(atom: number, low: number, high: number): void {
    const isOrigin =
      this.atom === 1
        ? this.originBytes[atom] === low
        : this.origin[2 * atom] === low && this.origin[2 * atom + 1] === high;
    if (isOrigin) return;
    const [first, second] = hashOf(atom, low, high);
    this.first ^= first;
    this.second ^= second;
  }

  /** Takes the stores of a trace back. */
  undo(events: readonly TraceEvent[]): void {
    for (let index = events.length - 1; index >= 0; index--) {
      const event = events[index];
      if (event?.kind !== 'store') continue;
      eachWord(event.words, (word, low, high) => {
        if (this.atom === WORD_BYTES) this.set(word, { low, high });
        else
          for (let byte = 0; byte < WORD_BYTES; byte++)
            this.set(word * WORD_BYTES + byte, { low: byteOf({ low, high }, byte), high: 0 });
      });
    }
  }
}
