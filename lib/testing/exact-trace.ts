import type { Region, Span } from '../backend/region.js';
import { checked, systemError } from '../core/errors.js';
import { roundUp } from '../core/range.js';
import { operandOf, type Operand } from './instruction.js';
import { countPieces } from './pieces.js';
import { ReadLog, type Reads } from './read-log.js';
import { FIELDS } from './trace.js';
import type { Tracer } from './tracer.js';

/** What one instruction has stored. */
export interface TracedStore {
  /** {@link FIELDS} numbers for each word, as in Store. */
  readonly words: Int32Array;
  /** From the first changed byte to the last. */
  readonly span: Span;
  /** As in Store. */
  readonly pieces: number;
}

// Numbers of 32 bits in the form of src-native/trace/trace_log.h: a head, then two values of 64 bits for each word.
const HEAD = 12;
const WORD = 4;
const [PLACE, ACCESS, LENGTH, WORDS, FLAGS, CODE_LENGTH, CODE] = [0, 2, 4, 5, 6, 7, 8];
const CONTINUES = 1;
const STORES = 2;
const PAGE = 4096; // of x86_64

const TOO_MANY =
  'more stores between two calls of the mapping than the trace holds: call ack() or persist() more often';

/** A head of the log, and what its instruction does. */
interface Access {
  readonly words: Int32Array;
  readonly span: Span;
  readonly operand: Operand;
  /** The bytes of its operand in this page. */
  readonly bytes: Span;
  readonly continues: boolean;
  /** It has faulted because it stores. */
  readonly stores: boolean;
}

/** The stores into the regions of one memory, as the CPU does them; and the loads, if it has them. */
export class ExactTrace {
  private readonly log: number;
  /** The address of each region that is traced. */
  private readonly regions = new Map<Region, number>();
  private readonly reads = new ReadLog();

  /**
   * @param hasLoads - a load costs as much as a store then, and system calls cannot use the memory.
   * @throws ENOSPC: too many simulators live. ENOMEM.
   */
  constructor(
    private readonly tracer: Tracer,
    readonly hasLoads: boolean,
  ) {
    this.log = checked(tracer.open(hasLoads ? 1 : 0), 'mmap');
  }

  /** From now on the accesses to the region are seen. @throws ENOSPC: too many mappings are traced. ENOMEM. */
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
    const accesses = accessesOf(new Int32Array(bytes));
    if (this.hasLoads) for (const access of accesses) this.noteRead(access);
    const stores: Access[] = [];
    for (const access of accesses) {
      if (access.continues && stores.length > 0) stores.push(joined(stores.pop() as Access, access));
      else if (access.stores || access.words.length > 0) stores.push(access);
    }
    const pieces = countPieces(stores.map(({ operand, bytes }) => (operand.exact ? bytes : undefined)));
    return stores
      .map(({ words, span }, index) => ({ words, span, pieces: pieces[index] ?? 1 }))
      .filter(({ words }) => words.length > 0);
  }

  private noteRead({ operand, bytes, stores }: Access): void {
    if (operand.loads || !stores) this.reads.load(bytes, !stores);
    if (stores && operand.exact) this.reads.store(bytes);
  }

  /** The words that were loaded since the last call: see {@link ReadLog}. */
  takeReads(): Reads {
    return this.reads.take();
  }

  /** No region is traced any more. */
  close(): void {
    this.tracer.close(this.log);
  }
}

function accessesOf(numbers: Int32Array): Access[] {
  const accesses: Access[] = [];
  for (let at = 0; at < numbers.length; at += HEAD + WORD * (numbers[at + WORDS] ?? 0))
    accesses.push(accessAt(numbers, at, accesses.at(-1)));
  return accesses;
}

function accessAt(numbers: Int32Array, at: number, before: Access | undefined): Access {
  const offset = (numbers[at + PLACE] ?? 0) >>> 0; // a memory has at most 1 GiB
  const count = numbers[at + WORDS] ?? 0;
  const flags = numbers[at + FLAGS] ?? 0;
  const words = new Int32Array(FIELDS * count);
  for (let word = 0; word < count; word++) {
    words[FIELDS * word] = Math.floor(offset / 8) + word;
    const from = at + HEAD + WORD * word;
    words.set(numbers.subarray(from, from + WORD), FIELDS * word + 1);
  }
  const code = new Uint8Array(numbers.buffer, (at + CODE) * 4, numbers[at + CODE_LENGTH]);
  const continues = (flags & CONTINUES) !== 0;
  const operand = operandOf(code);
  const access = (numbers[at + ACCESS] ?? 0) >>> 0;
  return {
    words,
    span: { offset, length: numbers[at + LENGTH] ?? 0 },
    operand,
    bytes: bytesOf(operand, access, continues ? before : undefined),
    continues,
    stores: (flags & STORES) !== 0,
  };
}

/** The bytes of an operand from this address, in its page; all of the page if their number is not known. */
function bytesOf({ length }: Operand, access: number, before: Access | undefined): Span {
  const page = Math.floor(access / PAGE) * PAGE;
  if (length === undefined) return { offset: page, length: PAGE };
  const rest = before === undefined || before.bytes.offset + before.bytes.length !== access ? 0 : before.bytes.length;
  return { offset: access, length: Math.min(length - (rest < length ? rest : 0), page + PAGE - access) };
}

/** The two parts of a store that crosses the end of a page, in any order. */
function joined(one: Access, other: Access): Access {
  if (other.words.length === 0) return one;
  if (one.words.length === 0) return other;
  const offset = Math.min(one.span.offset, other.span.offset);
  const end = Math.max(one.span.offset + one.span.length, other.span.offset + other.span.length);
  return { ...one, words: Int32Array.from([...one.words, ...other.words]), span: { offset, length: end - offset } };
}
