import { readFileSync } from 'node:fs';

/** A version of a library that an ELF file needs, such as GLIBC_2.28; and the places of its name and its hash. */
export interface NeededVersion {
  readonly library: string;
  readonly name: string;
  readonly nameAt: number;
  readonly hashAt: number;
}

/** What a shared library asks of the dynamic linker (elf(5)). */
export interface Elf {
  /** DT_NEEDED. */
  readonly libraries: readonly string[];
  /** DT_RPATH and DT_RUNPATH. */
  readonly searchPaths: readonly string[];
  readonly versions: readonly NeededVersion[];
}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT = { needed: 1, strings: 5, rpath: 15, runpath: 29, versions: 0x6ffffffe, versionCount: 0x6fffffff } as const;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

interface Section {
  readonly start: number;
  readonly size: number;
}

class Reader {
  constructor(private readonly bytes: Buffer) {}

  half(at: number): number {
    return this.bytes.readUInt16LE(at);
  }

  word(at: number): number {
    return this.bytes.readUInt32LE(at);
  }

  long(at: number): number {
    return Number(this.bytes.readBigUInt64LE(at));
  }

  text(at: number): string {
    return this.bytes.toString('latin1', at, this.bytes.indexOf(0, at));
  }

  segments(): Segment[] {
    const [start, size, count] = [this.long(32), this.half(54), this.half(56)];
    return Array.from({ length: count }, (_, index) => start + index * size).map((at) => ({
      type: this.word(at),
      offset: this.long(at + 8),
      address: this.long(at + 16),
      size: this.long(at + 32),
    }));
  }

  /** The entries of the dynamic section: [tag, value]. */
  entries({ start, size }: Section): Array<readonly [number, number]> {
    return Array.from({ length: size / 16 }, (_, index) => start + index * 16).map((at) => [
      this.long(at),
      this.long(at + 8),
    ]);
  }

  /** The needed versions, from two nested chains: libraries, and the versions of each. */
  versions(start: number, count: number, strings: number): NeededVersion[] {
    const found: NeededVersion[] = [];
    for (let left = count, at = start; left > 0; left--, at += this.word(at + 12)) {
      const library = this.text(strings + this.word(at + 4));
      for (let more = this.half(at + 2), one = at + this.word(at + 8); more > 0; more--, one += this.word(one + 12)) {
        const nameAt = strings + this.word(one + 8);
        found.push({ library, name: this.text(nameAt), nameAt, hashAt: one });
      }
    }
    return found;
  }
}

/** The place of the dynamic section in a file. */
export function dynamicSectionOf(bytes: Buffer): Section {
  const found = new Reader(bytes).segments().find(({ type }) => type === PT_DYNAMIC);
  if (found === undefined) throw new Error('there is no dynamic section');
  return { start: found.offset, size: found.size };
}

/** Reads a shared library of 64 bits, little-endian. */
export function readElf(path: string): Elf {
  const bytes = readFileSync(path);
  const reader = new Reader(bytes);
  const segments = reader.segments();
  const entries = reader.entries(dynamicSectionOf(bytes));
  const valuesOf = (...tags: number[]): number[] =>
    entries.filter(([tag]) => tags.includes(tag)).map(([, value]) => value);
  const fileOffset = (address = 0): number => {
    const inside = ({ type, address: start, size }: Segment): boolean =>
      type === PT_LOAD && address >= start && address < start + size;
    const segment = segments.find(inside);
    if (segment === undefined) throw new Error(`${path}: no segment has the address ${address}`);
    return address - segment.address + segment.offset;
  };
  const strings = fileOffset(valuesOf(DT.strings)[0]);
  const textsOf = (...tags: number[]): string[] => valuesOf(...tags).map((at) => reader.text(strings + at));
  const [count = 0] = valuesOf(DT.versionCount);
  return {
    libraries: textsOf(DT.needed),
    searchPaths: textsOf(DT.rpath, DT.runpath),
    versions: count === 0 ? [] : reader.versions(fileOffset(valuesOf(DT.versions)[0]), count, strings),
  };
}

/** The hash of a version's name in an ELF file (elf(5), "hash function"). */
export function elfHash(name: string): number {
  let hash = 0;
  for (const byte of Buffer.from(name, 'latin1')) {
    hash = (hash * 16 + byte) >>> 0;
    const top = hash & 0xf0000000;
    hash = (hash ^ (top >>> 24)) & ~top;
  }
  return hash >>> 0;
}
