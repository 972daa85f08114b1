import { constants } from '../../lib/index.js';
import type { ModelFile } from './model-file.js';
import { FAULT, type ModelMemory, type Part } from './model-memory.js';

const { PAGE_SIZE } = constants;

/** Heap memory of the emulation: a copy of the file, made at the first access; changed bytes are written back. */
export class HeapMemory implements ModelMemory {
  readonly isFaulted = false;
  readonly losses = new Set<string>();
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

  isUnsure(): boolean {
    return false;
  }

  touch(): void {
    this.load();
  }

  store(offset: number, bytes: Uint8Array): void {
    this.load().set(bytes, offset);
  }

  isLost(): boolean {
    return false;
  }

  /** The places of changed bytes. */
  private *changed({ offset, length }: Part): Generator<number> {
    const { bytes, known } = this;
    if (bytes === undefined || known === undefined || this.isPrivate) return;
    for (let at = offset; at < offset + length; at++) if (bytes[at] !== known[at]) yield at;
  }

  /** The changes are written in order, until the disk is full. */
  persist(part: Part): string | undefined {
    for (const at of this.changed(part)) {
      const place = this.offset + at;
      if (place >= this.file.length) return FAULT;
      if (!this.file.allocate(Math.floor(place / PAGE_SIZE))) return 'ENOSPC';
      this.known![at] = this.bytes![at]!;
      this.file.bytes[place] = this.bytes![at]!;
    }
    return undefined;
  }

  drain(): undefined {
    return undefined;
  }

  loseWith(): void {
    // Nothing is ever lost.
  }

  resize(length: number): string | undefined {
    const code = this.close();
    if (code !== undefined) return code;
    const old = this.isPrivate ? this.bytes : undefined;
    this.bytes = this.known = undefined;
    this.length = length;
    if (old !== undefined) old.copy(this.load());
    return undefined;
  }

  remap(): string | undefined {
    return undefined;
  }

  onTruncated(): void {
    // The copy stays.
  }

  close(): string | undefined {
    const code = this.persist({ offset: 0, length: this.length });
    return code === FAULT ? undefined : code;
  }
}
