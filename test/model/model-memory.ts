import { constants } from '../../lib/index.js';
import { pageUp, type ModelFile } from './model-file.js';

const { PAGE_SIZE } = constants;

export const FAULT = 'ERR_MAPPING_FAULT';

/** The memory of one mapping. Offsets count from its start. */
export interface ModelMemory {
  length: number;
  /** The byte at `at`; undefined: any value is right. */
  byte(at: number): number | undefined;
  /** An access to these bytes. */
  touch(offset: number, length: number): void;
  store(offset: number, bytes: Uint8Array): void;
  /** @returns the code of the error. */
  persist(offset: number, length: number): string | undefined;
  /** drain(). @returns the code of the error. */
  drain(): string | undefined;
  /** resize(), after the file was made long enough. */
  resize(length: number): void;
  /** remap(). @returns the code of the error. */
  remap(): string | undefined;
  /** The file has become shorter. */
  onTruncated(): void;
  close(): void;
  readonly isFaulted: boolean;
}

/**
 * Pages of the kernel: shared ones are the file's; a private one is the file's until the first store. A fault turns the
 * rest of the mapping from the end of the file on into lost bytes.
 */
export class PagedMemory implements ModelMemory {
  private readonly copies = new Map<number, Buffer>();
  private lostFrom = Infinity;
  /** A fault has come since the last drain(). */
  private isUndrained = false;

  constructor(
    private readonly file: ModelFile,
    private readonly offset: number,
    public length: number,
    private readonly isPrivate: boolean,
  ) {}

  get isFaulted(): boolean {
    return this.lostFrom !== Infinity;
  }

  /** The first page that is behind the file. */
  private get end(): number {
    return pageUp(Math.max(0, this.file.length - this.offset));
  }

  byte(at: number): number | undefined {
    const isTail = this.offset + at >= this.file.length && at < this.end;
    if (at >= this.lostFrom || isTail) return undefined;
    const copy = this.copies.get(Math.floor(at / PAGE_SIZE));
    return copy === undefined ? this.file.byte(this.offset + at) : copy[at % PAGE_SIZE];
  }

  touch(offset: number, length: number): void {
    const { end } = this;
    const isNew = length > 0 && offset + length > end && pageStart(Math.max(offset, end)) < this.lostFrom;
    if (!isNew) return;
    this.lostFrom = end;
    this.isUndrained = true;
  }

  store(offset: number, bytes: Uint8Array): void {
    this.touch(offset, bytes.length);
    bytes.forEach((byte, i) => this.storeByte(offset + i, byte));
  }

  private storeByte(at: number, byte: number): void {
    if (at >= this.lostFrom) return;
    if (this.isPrivate) this.copy(Math.floor(at / PAGE_SIZE))[at % PAGE_SIZE] = byte;
    else this.file.bytes[this.offset + at] = byte;
  }

  private copy(page: number): Buffer {
    const start = this.offset + page * PAGE_SIZE;
    const copy =
      this.copies.get(page) ?? Buffer.from(Array.from({ length: PAGE_SIZE }, (_, i) => this.file.byte(start + i)));
    this.copies.set(page, copy);
    return copy;
  }

  persist(offset: number, length: number): string | undefined {
    return length > 0 && offset + length > this.lostFrom ? FAULT : undefined;
  }

  drain(): string | undefined {
    const code = this.isUndrained ? FAULT : undefined;
    this.isUndrained = false;
    return code;
  }

  resize(length: number): void {
    this.length = length;
    if (this.lostFrom >= length) this.lostFrom = Infinity;
  }

  remap(): string | undefined {
    if (!this.isFaulted) return undefined;
    if (this.end < pageUp(this.length)) return FAULT;
    this.lostFrom = Infinity;
    return undefined;
  }

  onTruncated(): void {
    for (const page of this.copies.keys()) if (page * PAGE_SIZE >= this.end) this.copies.delete(page);
  }

  close(): void {
    // The pages are the file's own.
  }
}

function pageStart(at: number): number {
  return Math.floor(at / PAGE_SIZE) * PAGE_SIZE;
}

/** Heap memory of the emulation: a copy of the file, made at the first access; changed bytes are written back. */
export class HeapMemory implements ModelMemory {
  readonly isFaulted = false;
  private bytes: Buffer | undefined;
  private known: Buffer | undefined;

  constructor(
    private readonly file: ModelFile,
    private readonly offset: number,
    public length: number,
    private readonly isPrivate: boolean,
  ) {}

  private load(): Buffer {
    this.bytes ??= Buffer.from(Array.from({ length: this.length }, (_, i) => this.file.byte(this.offset + i)));
    this.known ??= Buffer.from(this.bytes);
    return this.bytes;
  }

  byte(at: number): number {
    return this.load()[at]!;
  }

  touch(): void {
    this.load();
  }

  store(offset: number, bytes: Uint8Array): void {
    this.load().set(bytes, offset);
  }

  persist(offset: number, length: number): string | undefined {
    const { bytes, known } = this;
    if (bytes === undefined || known === undefined || this.isPrivate) return undefined;
    let code: string | undefined;
    for (let at = offset; at < offset + length; at++) {
      if (bytes[at] === known[at]) continue;
      if (this.offset + at >= this.file.length) {
        code = FAULT;
        continue;
      }
      known[at] = bytes[at]!;
      this.file.bytes[this.offset + at] = bytes[at]!;
    }
    return code;
  }

  drain(): undefined {
    return undefined;
  }

  resize(length: number): void {
    this.persist(0, this.length);
    const old = this.isPrivate ? this.bytes : undefined;
    this.bytes = this.known = undefined;
    this.length = length;
    if (old !== undefined) old.copy(this.load());
  }

  remap(): string | undefined {
    return undefined;
  }

  onTruncated(): void {
    // The copy stays.
  }

  close(): void {
    this.persist(0, this.length);
  }
}
