import type { Region, Span } from '../backend/region.js';
import { checked, systemError } from '../core/errors.js';
import { roundUp } from '../core/range.js';
import { FIELDS } from './trace.js';
import type { Tracer } from './tracer.js';

/** What one instruction has stored. */
export interface TracedStore {
  /** {@link FIELDS} numbers for each word, as in Store. */
  readonly words: Int32Array;
  /** From the first changed byte to the last. */
  readonly span: Span;
}

// Numbers of 32 bits in the form of src-native/trace/trace_log.h: a head, then two values of 64 bits for each word.
const HEAD = 8;
const WORD = 4;
const [PLACE, LENGTH, WORDS, CONTINUES] = [0, 2, 3, 6];

const TOO_MANY =
  'more stores between two calls of the mapping than the trace holds: call ack() or persist() more often';

/** The stores into the regions of one memory, as the CPU does them. */
export class ExactTrace {
  private readonly log: number;
  /** The address of each region that is traced. */
  private readonly regions = new Map<Region, number>();

  /** @throws ENOSPC: too many simulators live. ENOMEM. */
  constructor(private readonly tracer: Tracer) {
    this.log = checked(tracer.open(), 'mmap');
  }

  /** From now on the stores into the region are seen. @throws ENOSPC: too many mappings are traced. ENOMEM. */
  protect(region: Region): void {
    const address = Number(region.address);
    checked(this.tracer.protect(this.log, address, roundUp(region.length, region.unit), region.offset), 'mprotect');
    this.regions.set(region, address);
  }

  /** The region is going to be mapped anew, or unmapped. */
  release(region: Region): void {
    const address = this.regions.get(region);
    if (address === undefined) return;
    this.regions.delete(region);
    this.tracer.release(address);
  }

  /** The stores since the last call, in order. A store of an equal value is left out. @throws ENOBUFS. */
  take(): TracedStore[] {
    const bytes = this.tracer.take(this.log);
    if (typeof bytes === 'number') throw systemError(bytes, 'CrashSimulator', undefined, TOO_MANY);
    const numbers = new Int32Array(bytes);
    const stores: TracedStore[] = [];
    for (let at = 0; at < numbers.length;) {
      const store = storeAt(numbers, at);
      if (numbers[at + CONTINUES] === 1 && stores.length > 0) stores.push(joined(stores.pop() as TracedStore, store));
      else stores.push(store);
      at += HEAD + WORD * (numbers[at + WORDS] ?? 0);
    }
    return stores.filter(({ words }) => words.length > 0);
  }

  /** No region is traced any more. */
  close(): void {
    this.tracer.close(this.log);
  }
}

function storeAt(numbers: Int32Array, at: number): TracedStore {
  const offset = (numbers[at + PLACE] ?? 0) >>> 0; // a memory has at most 1 GiB
  const count = numbers[at + WORDS] ?? 0;
  const words = new Int32Array(FIELDS * count);
  for (let word = 0; word < count; word++) {
    words[FIELDS * word] = Math.floor(offset / 8) + word;
    const from = at + HEAD + WORD * word;
    words.set(numbers.subarray(from, from + WORD), FIELDS * word + 1);
  }
  return { words, span: { offset, length: numbers[at + LENGTH] ?? 0 } };
}

/** The two parts of a store that crosses the end of a page, in any order. */
function joined(one: TracedStore, other: TracedStore): TracedStore {
  if (one.words.length === 0) return other;
  const offset = Math.min(one.span.offset, other.span.offset);
  const end = Math.max(one.span.offset + one.span.length, other.span.offset + other.span.length);
  return { words: Int32Array.from([...one.words, ...other.words]), span: { offset, length: end - offset } };
}
