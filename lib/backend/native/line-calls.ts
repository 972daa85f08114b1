import { ClosableRegion } from '../closable-region.js';
import type { OpenFile } from '../open-file.js';
import type { Ranges } from '../../core/range-list.js';
import { WORD_BYTES } from '../../core/word.js';
import { FLUSH, FLUSH_AND_DRAIN, STORE_ONLY, type Native } from './register-calls.js';

/** The part of NativeRegion that is called once per record: stores, and the write-back of cache lines. */
export abstract class LineCalls extends ClosableRegion {
  abstract readonly length: number;

  protected constructor(
    file: OpenFile | undefined,
    path: string | undefined,
    protected readonly native: Native,
    protected readonly slot: number,
  ) {
    super(file, path);
  }

  /** Writes slot, offset and length into the registers of the next call. */
  private put(offset: number, length: number): Native {
    const { native } = this;
    const { registers } = native;
    registers[0] = this.slot;
    registers[1] = offset;
    registers[2] = length;
    return native;
  }

  flushLines(offset: number, length: number): void {
    this.put(offset, length).flushLines();
  }

  drainLines(): void {
    this.native.drainLines();
  }

  persistLines(offset: number, length: number): void {
    this.put(offset, length).persistLines();
  }

  persistLineRanges({ pairs, count }: Ranges): number {
    const { registers, persistRanges } = this.put(count, this.length);
    persistRanges(pairs);
    return registers[3] ?? -1;
  }

  private storeHow(source: Uint8Array, offset: number, length: number, how: number): void {
    const native = this.put(offset, length);
    native.registers[3] = how;
    native.storeBytes(source);
  }

  private fillHow(value: number, offset: number, length: number, how: number): void {
    const native = this.put(offset, length);
    native.registers[3] = how;
    native.registers[4] = value;
    native.fillBytes();
  }

  store(source: Uint8Array, offset: number, length: number): void {
    this.storeHow(source, offset, length, STORE_ONLY);
  }

  storeLines(source: Uint8Array, offset: number, length: number, drain: boolean): void {
    this.storeHow(source, offset, length, drain ? FLUSH_AND_DRAIN : FLUSH);
  }

  storeValue(value: number, offset: number, length: number): void {
    this.fillHow(value, offset, length, STORE_ONLY);
  }

  fillLines(value: number, offset: number, length: number): void {
    this.fillHow(value, offset, length, FLUSH_AND_DRAIN);
  }

  private wordHow(value: bigint | number, offset: number, how: number): void {
    const native = this.put(offset, WORD_BYTES);
    native.registers[3] = how;
    if (typeof value === 'bigint') native.integers[4] = value;
    else {
      native.halves[8] = value; // the conversion of the language: modulo 2^32
      native.halves[9] = value === value >>> 0 ? 0 : value / 2 ** 32;
    }
    native.storeWord();
  }

  storeWord(value: bigint | number, offset: number): void {
    this.wordHow(value, offset, STORE_ONLY);
  }

  persistWord(value: bigint | number, offset: number): void {
    this.wordHow(value, offset, FLUSH_AND_DRAIN);
  }
}
