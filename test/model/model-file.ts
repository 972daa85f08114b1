import { constants } from '../../lib/index.js';

const { PAGE_SIZE } = constants;

/** The bytes of the file, as the model knows them. */
export class ModelFile {
  constructor(public bytes: Buffer) {}

  get length(): number {
    return this.bytes.length;
  }

  /** The byte at `at`; 0 past the end. */
  byte(at: number): number {
    return this.bytes[at] ?? 0;
  }

  store(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > this.length) this.setLength(offset + bytes.length);
    this.bytes.set(bytes, offset);
  }

  setLength(length: number): void {
    const next = Buffer.alloc(length);
    this.bytes.copy(next);
    this.bytes = next;
  }
}

export function pageUp(length: number): number {
  return Math.ceil(length / PAGE_SIZE) * PAGE_SIZE;
}
