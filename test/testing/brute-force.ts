import { SIZE, WORDS, type Range, type Step, type Tier } from './steps.js';

/** Bytes between two looks at the memory: what changed has no order. The key is the offset of a byte. */
type Group = ReadonlyMap<number, number>;

/** A crash leaves it, independently of all others, at some moment since its guaranteed one. */
interface Unit {
  /** The offsets of the bytes. */
  readonly bytes: readonly number[];
  /** Moments: numbers of groups that are complete. */
  guaranteed: number;
  marked: number;
}

const WORD = 8;
const LINE = 64;
const PAGE = 4096;

/** Bytes of a unit, and of what a flush covers. */
function sizesOf({ granularity, lines, sector, trace }: Tier): { unit: number; covered: number } {
  if (granularity === 'byte') return { unit: trace === 'exact' ? SIZE : WORD, covered: 1 };
  if (granularity === 'cache-line') return { unit: lines === 'ordered' ? LINE : WORD, covered: LINE };
  if (granularity === 'page') return { unit: sector ?? 512, covered: PAGE };
  return { unit: 1, covered: 1 };
}

function unitsOf(size: number): Unit[] {
  const byNumber = new Map<number, number[]>();
  for (const word of WORDS) {
    for (let byte = word; byte < word + WORD; byte++) {
      const number = Math.floor(byte / size);
      byNumber.set(number, [...(byNumber.get(number) ?? []), byte]);
    }
  }
  return [...byNumber.values()].map((bytes) => ({ bytes, guaranteed: 0, marked: 0 }));
}

/** An image as text: the number of acknowledgements, and the words. */
export function describeImage(acks: number, memory: Buffer): string {
  return `${acks}: ${WORDS.map((word) => memory.readBigUInt64LE(word).toString(16)).join(' ')}`;
}

/** All subsets of a list. */
function subsets<T>(list: readonly T[]): T[][] {
  return list.reduce<T[][]>((all, item) => [...all, ...all.map((set) => [...set, item])], [[]]);
}

/**
 * The contents that a crash may leave, by plain enumeration, from the text of docs/emulation.md "The model of a crash".
 * It shares no code with the simulator.
 */
export class BruteForce {
  /** As {@link describeImage}. */
  readonly images = new Set<string>();
  /** The values that each word has had, by its offset. */
  readonly history = new Map<number, Set<bigint>>(WORDS.map((word) => [word, new Set([0n])]));
  private readonly memory = Buffer.alloc(SIZE);
  private readonly seen = Buffer.alloc(SIZE);
  private readonly groups: Group[] = [];
  private readonly units: Unit[];
  private readonly unitSize: number;
  private readonly covered: number;
  /** Pages, or bytes with 'emulated', that were stored into since a persist took them for clean. */
  private readonly dirty = new Set<number>();
  private acks = 0;
  private failing = false;

  constructor(private readonly tier: Tier) {
    const { unit, covered } = sizesOf(tier);
    this.unitSize = unit;
    this.covered = covered;
    this.units = unitsOf(unit);
  }

  run(steps: readonly Step[]): this {
    for (const step of steps) this.step(step);
    this.look();
    this.crash();
    return this;
  }

  private step(step: Step): void {
    if (step.call === 'store') {
      this.store(step.offset, [step.value]);
      if (this.tier.trace === 'exact') this.look();
      return;
    }
    if (step.call === 'fail') {
      this.failing = true;
      return;
    }
    if (this.doesNothing(step)) return;
    this.look();
    this.crash();
    this.call(step);
    this.look();
    this.crash();
  }

  /** Such a call is no look at the memory. */
  private doesNothing({ call }: Step): boolean {
    const { granularity } = this.tier;
    if (call === 'flush') return granularity === 'byte';
    return call === 'drain' && (granularity === 'page' || granularity === 'emulated');
  }

  private call(step: Exclude<Step, { call: 'store' | 'fail' }>): void {
    switch (step.call) {
      case 'write':
        return this.storeAndPersist(step.offset, step.values, step.drain);
      case 'fill': {
        const value = Buffer.alloc(WORD, step.byte).readBigUInt64LE();
        return this.storeAndPersist(step.offset, Array<bigint>(step.length / WORD).fill(value), true);
      }
      case 'persistWord':
        return this.storeAndPersist(step.offset, [step.value], true);
      case 'flush':
        return this.tier.granularity === 'cache-line' ? this.flush([step.range]) : this.persist([step.range]);
      case 'persist':
        return this.persist([step.range]);
      case 'persistRanges':
        return this.persist(step.ranges);
      case 'persistAsync':
        return this.persistAsync(step.range, step.during);
      case 'drain':
        return this.drain();
      case 'ack':
        this.acks++;
    }
  }

  private store(offset: number, values: readonly bigint[]): void {
    values.forEach((value, i) => this.memory.writeBigUInt64LE(value, offset + WORD * i));
  }

  private storeAndPersist(offset: number, values: readonly bigint[], drains: boolean): void {
    this.store(offset, values);
    this.look();
    this.crash();
    const range: Range = [offset, WORD * values.length];
    if (drains || this.tier.granularity === 'page' || this.tier.granularity === 'emulated') this.persist([range]);
    else this.flush([range]);
  }

  /** A persist is a flush and a drain. A flush that ends with the disk is a persist. */
  private persist(ranges: readonly Range[]): void {
    const fails = this.failing;
    this.failing = false;
    this.flush(ranges, fails);
    this.drain();
  }

  private flush(ranges: readonly Range[], fails = false): void {
    if (this.tier.granularity === 'byte') return;
    const now = this.groups.length;
    for (const unit of this.units) {
      if (!ranges.some((range) => this.covers(range, unit))) continue;
      if (this.tier.granularity === 'cache-line') unit.marked = now;
      else if (!fails && this.writes(unit)) unit.guaranteed = now;
    }
    for (const block of this.dirty)
      if (ranges.some((range) => this.touches(range, this.covered * block))) this.dirty.delete(block);
  }

  private drain(): void {
    for (const unit of this.units) {
      if (this.tier.granularity === 'byte') unit.guaranteed = this.groups.length;
      unit.guaranteed = Math.max(unit.guaranteed, unit.marked);
    }
  }

  private persistAsync(range: Range, during: readonly Step[]): void {
    const begin = this.groups.length;
    for (const step of [...during, { call: 'ack' } as const]) this.step(step);
    for (const unit of this.units) {
      if (this.tier.granularity !== 'byte' && !this.covers(range, unit)) continue;
      unit.guaranteed = Math.max(unit.guaranteed, begin);
    }
    this.step({ call: 'ack' });
  }

  /** A persist writes a page only if it was stored into since. */
  private writes(unit: Unit): boolean {
    return this.dirty.has(Math.floor((unit.bytes[0] as number) / this.covered));
  }

  private covers(range: Range, unit: Unit): boolean {
    return unit.bytes.some((byte) => this.touches(range, Math.floor(byte / this.covered) * this.covered));
  }

  /** Whether a flush of the range covers what begins at `start`. */
  private touches([offset, length]: Range, start: number): boolean {
    return length > 0 && offset < start + this.covered && start < offset + length;
  }

  private look(): void {
    const group = new Map<number, number>();
    for (const word of WORDS) {
      this.history.get(word)?.add(this.memory.readBigUInt64LE(word));
      for (let byte = word; byte < word + WORD; byte++) {
        if (this.memory[byte] === this.seen[byte]) continue;
        group.set(byte, this.memory[byte] as number);
        this.dirty.add(Math.floor(byte / this.covered));
      }
    }
    if (group.size > 0) this.groups.push(group);
    this.memory.copy(this.seen);
  }

  /** Notes each image of a crash at this moment. */
  private crash(): void {
    this.choose(0, Buffer.alloc(SIZE));
  }

  private choose(index: number, image: Buffer): void {
    const unit = this.units[index];
    if (unit === undefined) {
      this.images.add(describeImage(this.acks, image));
      return;
    }
    for (const content of this.contentsOf(unit)) {
      for (const byte of unit.bytes) image[byte] = content.get(byte) ?? 0;
      this.choose(index + 1, image);
    }
  }

  /** Each moment since the guaranteed one: the groups before it, and any subset of the words of the next one. */
  private contentsOf(unit: Unit): Map<number, number>[] {
    const contents = new Map<string, Map<number, number>>();
    const base = new Map<number, number>();
    const add = (content: Map<number, number>): unknown =>
      contents.set(unit.bytes.map((byte) => content.get(byte) ?? 0).join(), content);
    for (const [moment, group] of this.groups.entries()) {
      if (moment >= unit.guaranteed) for (const part of this.partsOf(group, unit)) add(new Map([...base, ...part]));
      for (const byte of unit.bytes) if (group.has(byte)) base.set(byte, group.get(byte) as number);
    }
    add(base);
    return [...contents.values()];
  }

  private partsOf(group: Group, unit: Unit): [number, number][][] {
    const size = Math.min(this.unitSize, WORD);
    const changed = unit.bytes.filter((byte) => group.has(byte));
    const words = [...new Set(changed.map((byte) => Math.floor(byte / size)))];
    return subsets(words).map((chosen) =>
      changed
        .filter((byte) => chosen.includes(Math.floor(byte / size)))
        .map((byte): [number, number] => [byte, group.get(byte) as number]),
    );
  }
}
