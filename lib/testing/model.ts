import { WORD_BYTES } from '../core/word.js';
import type { FailedFlush, Flush, Site, Store, TraceEvent } from './trace.js';
import { FIELDS } from './trace.js';

/** The granularities of a simulation. 'emulated': as the package's own emulation, which writes single bytes. */
export type SimulatedGranularity = 'byte' | 'cache-line' | 'page' | 'emulated';

/** How a memory of some granularity forgets. docs/emulation.md has the model in words. */
export interface Rules {
  /** Bytes of the smallest part that a crash leaves whole: 8, or 1. */
  readonly atom: 1 | 8;
  /** Bytes of a unit: its atoms become durable in the order of their stores. Units are independent of each other. */
  readonly unit: number;
  /** A flush covers whole blocks of so many bytes. */
  readonly block: number;
  /** A drain guarantees every store before it, also without a flush. */
  readonly drainsAll: boolean;
}

const LINE = 64;
const PAGE = 4096;
/** More than a memory has. */
const ALL = 2 ** 31;

/** What the caller may choose about the rules. */
export interface RuleOptions {
  readonly granularity: SimulatedGranularity;
  /** 'ordered': the words of a cache line become durable in the order of their stores, as on x86_64. */
  readonly lines: 'words' | 'ordered';
  /** Bytes of a sector of the disk: 512 or 4096. */
  readonly sector: number;
  /** 'exact': the order of all stores is known. */
  readonly trace: 'diff' | 'exact';
}

/** The rules of a granularity. */
export function rulesOf({ granularity, lines, sector, trace }: RuleOptions): Rules {
  switch (granularity) {
    case 'byte': // the caches survive a crash, and x86_64 stores into them in the order of the program
      return { atom: WORD_BYTES, unit: trace === 'exact' ? ALL : WORD_BYTES, block: WORD_BYTES, drainsAll: true };
    case 'cache-line':
      return { atom: WORD_BYTES, unit: lines === 'ordered' ? LINE : WORD_BYTES, block: LINE, drainsAll: false };
    case 'page':
      return { atom: WORD_BYTES, unit: sector, block: PAGE, drainsAll: false };
    case 'emulated':
      return { atom: 1, unit: 1, block: 1, drainsAll: false };
  }
}

/** The value of an atom: the two halves of a word, or a byte and 0. */
export interface Value {
  readonly low: number;
  readonly high: number;
}

/** One atom with the value that a store gave it. */
export interface StoredAtom {
  readonly atom: number;
  readonly before: Value;
  readonly value: Value;
  /** One instruction stored it. */
  readonly whole: boolean;
  readonly site: Site;
}

/** The atoms of a unit that changed between two looks, in no order. */
export interface Moment {
  readonly event: number;
  readonly atoms: StoredAtom[];
}

/** A unit with stores that no drain covers. */
export interface Unit {
  readonly index: number;
  /** The values that a crash leaves at least, of each atom with stores in flight. */
  readonly guaranteed: Map<number, Value>;
  /** Oldest first. */
  readonly moments: Moment[];
  /** The number of moments that have become durable: `moments[0]` is the moment of this number. */
  gone: number;
  /** The newest flush that covers the unit. */
  flushed: Site | undefined;
}

interface Mark {
  readonly unit: Unit;
  readonly upTo: number;
}

/** Of a flush. */
interface Marks {
  readonly list: Mark[];
  readonly ownEnd: boolean;
}

interface FailedPage {
  /** The event. */
  readonly failedAt: number;
}

/** Follows a trace, and knows at each event which stores a crash may lose. */
export class InFlight {
  readonly units = new Map<number, Unit>();
  private readonly marks = new Map<number, Marks>();
  private readonly failedPages = new Map<number, FailedPage>();

  /** @param onGuaranteed - called for each atom whose new value has become durable. */
  constructor(
    private readonly rules: Rules,
    private readonly onGuaranteed: (atom: number, value: Value) => void = () => undefined,
  ) {}

  /** @param number - the place of the event in the trace. */
  apply(event: TraceEvent, number: number): void {
    switch (event.kind) {
      case 'store':
        return this.store(event, number);
      case 'flush':
        return this.flush(event, number);
      case 'drain':
        return this.drain(event.id);
      case 'fail':
        return this.fail(event, number);
      case 'ack':
      case 'grow':
        return;
    }
  }

  private store({ words, whole, site }: Store, number: number): void {
    for (let at = 0; at < words.length; at += FIELDS) {
      const word = words[at] ?? 0;
      const isWhole = whole === 'all' || (whole !== 'none' && whole.has(word));
      const before = { low: words[at + 1] ?? 0, high: words[at + 2] ?? 0 };
      const value = { low: words[at + 3] ?? 0, high: words[at + 4] ?? 0 };
      if (this.rules.atom === WORD_BYTES) this.add({ atom: word, before, value, whole: isWhole, site }, number);
      else this.addBytes(word, { before, value, site }, number);
    }
  }

  private addBytes(
    word: number,
    { before, value, site }: Pick<StoredAtom, 'before' | 'value' | 'site'>,
    number: number,
  ): void {
    for (let byte = 0; byte < WORD_BYTES; byte++) {
      const [from, to] = [byteOf(before, byte), byteOf(value, byte)];
      if (from === to) continue;
      const atom = word * WORD_BYTES + byte;
      this.add({ atom, before: { low: from, high: 0 }, value: { low: to, high: 0 }, whole: true, site }, number);
    }
  }

  private add(stored: StoredAtom, number: number): void {
    const index = Math.floor((stored.atom * this.rules.atom) / this.rules.unit);
    let unit = this.units.get(index);
    if (unit === undefined) {
      unit = { index, guaranteed: new Map(), moments: [], gone: 0, flushed: undefined };
      this.units.set(index, unit);
    }
    if (!unit.guaranteed.has(stored.atom)) unit.guaranteed.set(stored.atom, stored.before);
    const last = unit.moments.at(-1);
    if (last?.event === number) last.atoms.push(stored);
    else unit.moments.push({ event: number, atoms: [stored] });
  }

  /** The units in flight that a flush of these bytes covers. */
  coveredBy(offset: number, length: number): readonly Unit[] {
    return [...this.covered(offset, length)];
  }

  private *covered(offset: number, length: number): Generator<Unit> {
    if (this.rules.drainsAll) {
      yield* this.units.values();
      return;
    }
    const { block, unit: size } = this.rules;
    const first = Math.floor((Math.floor(offset / block) * block) / size);
    const last = Math.ceil((Math.ceil((offset + length) / block) * block) / size);
    if (last - first > this.units.size) {
      for (const unit of this.units.values()) if (unit.index >= first && unit.index < last) yield unit;
      return;
    }
    for (let index = first; index < last; index++) {
      const unit = this.units.get(index);
      if (unit !== undefined) yield unit;
    }
  }

  private flush({ id, ownEnd, offset, length, site }: Flush, number: number): void {
    const marks: Mark[] = [];
    for (const unit of this.covered(offset, length)) {
      if (this.isClean(unit)) continue;
      unit.flushed = site;
      marks.push({ unit, upTo: unit.gone + unit.moments.length });
    }
    this.marks.set(id, { list: marks, ownEnd });
    if (this.failedPages.size > 0) this.forgetFailures(offset, length, number);
  }

  private pageOf({ index }: Unit): number {
    return Math.floor((index * this.rules.unit) / this.rules.block);
  }

  /** The page failed before, and no store has made it dirty since: the kernel writes nothing. */
  private isClean(unit: Unit): boolean {
    const failed = this.failedPages.get(this.pageOf(unit));
    if (failed === undefined) return false;
    const page = this.pageOf(unit);
    for (const other of this.units.values())
      if (this.pageOf(other) === page && (other.moments.at(-1)?.event ?? -1) > failed.failedAt) return false;
    return true;
  }

  /** A page that was stored into after its failure is written whole by this flush. */
  private forgetFailures(offset: number, length: number, number: number): void {
    for (const unit of [...this.covered(offset, length)]) {
      const page = this.pageOf(unit);
      const failed = this.failedPages.get(page);
      if (failed !== undefined && !this.isClean(unit) && failed.failedAt < number) this.failedPages.delete(page);
    }
  }

  private drain(id: number | undefined): void {
    if (this.rules.drainsAll && id === undefined) {
      this.marks.clear();
      for (const unit of [...this.units.values()]) this.guarantee({ unit, upTo: Infinity });
      return;
    }
    const done = id === undefined ? [...this.marks.keys()] : [id];
    for (const each of done) {
      const marks = this.marks.get(each);
      if (marks === undefined || (id === undefined && marks.ownEnd)) continue;
      for (const mark of marks.list) this.guarantee(mark);
      this.marks.delete(each);
    }
  }

  private guarantee({ unit, upTo }: Mark): void {
    if (this.units.get(unit.index) !== unit) return; // durable meanwhile: stores since then are of another unit
    while (unit.moments.length > 0 && unit.gone < upTo) {
      for (const { atom, value } of unit.moments.shift()?.atoms ?? []) {
        unit.guaranteed.set(atom, value);
        this.onGuaranteed(atom, value);
      }
      unit.gone++;
    }
    if (unit.moments.length === 0) {
      this.units.delete(unit.index);
      return;
    }
    const still = new Set(unit.moments.flatMap(({ atoms }) => atoms.map(({ atom }) => atom)));
    for (const atom of [...unit.guaranteed.keys()]) if (!still.has(atom)) unit.guaranteed.delete(atom);
  }

  private fail({ offset, length }: FailedFlush, number: number): void {
    for (const unit of this.covered(offset, length)) this.failedPages.set(this.pageOf(unit), { failedAt: number });
  }
}

/** Byte 0 is the lowest. */
export function byteOf({ low, high }: Value, byte: number): number {
  return byte < 4 ? (low >>> (8 * byte)) & 0xff : (high >>> (8 * (byte - 4))) & 0xff;
}

/** Whether two values are one. */
export function isSame(one: Value, other: Value): boolean {
  return one.low === other.low && one.high === other.high;
}
