import { WORD_BYTES } from '../core/word.js';
import { byteOf, type InFlight, type Rules } from './model.js';
import type { Site, Store } from './trace.js';
import { eachWord } from './word-memory.js';

/** A word whose earlier value a crash could still have taken away when the next one came. */
export interface Overwrite {
  /** Bytes from the start of the memory to the word. */
  readonly offset: number;
  readonly earlier: Site;
}

interface Stored {
  readonly number: number;
  readonly site: Site;
}

/** Finds the words that are stored anew before their earlier value is durable. */
export class Overwrites {
  /** The last store of each byte. */
  private readonly last = new Map<number, Stored>();

  constructor(
    private readonly rules: Rules,
    private readonly inFlight: InFlight,
  ) {}

  /** Call it before the store is applied. Of an instruction that was traced, the bytes that it changes count. */
  store({ words, span, site }: Store, number: number): readonly Overwrite[] {
    const found: Overwrite[] = [];
    const isWhole = span === undefined && this.rules.atom === WORD_BYTES;
    eachWord(words, (word, oldLow, oldHigh, low, high) => {
      let earlier: Site | undefined;
      for (let byte = 0; byte < WORD_BYTES; byte++) {
        const changes = byteOf({ low: oldLow, high: oldHigh }, byte) !== byteOf({ low, high }, byte);
        if (!isWhole && !changes) continue;
        earlier ??= this.inFlightAt(word * WORD_BYTES + byte);
        this.last.set(word * WORD_BYTES + byte, { number, site });
      }
      if (earlier !== undefined) found.push({ offset: word * WORD_BYTES, earlier });
    });
    return found;
  }

  /** The last store of a byte, if it is not durable. */
  private inFlightAt(byte: number): Site | undefined {
    const unit = this.inFlight.units.get(Math.floor(byte / this.rules.unit));
    const last = this.last.get(byte);
    const first = unit?.moments[0]?.event;
    return last !== undefined && first !== undefined && last.number >= first ? last.site : undefined;
  }
}
