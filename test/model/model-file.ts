import { constants } from '../../lib/index.js';
import type { ModelDisk } from './model-disk.js';
import type { ModelSeal } from './model-seal.js';

const { PAGE_SIZE } = constants;

/** The bytes of the file, and its blocks of the size of a page, as the model knows them. */
export class ModelFile {
  seal: ModelSeal | undefined;
  private readonly blocks = new Set<number>();
  /** Blocks of fallocate(2) that nothing was stored into. A failed fallocate(2) of tmpfs may free them. */
  private readonly unwritten = new Set<number>();

  constructor(
    public bytes: Buffer,
    readonly disk: ModelDisk,
  ) {
    for (const page of pagesOf(0, bytes.length)) this.allocate(page);
  }

  get length(): number {
    return this.bytes.length;
  }

  /** The byte at `at`; 0 past the end. */
  byte(at: number): number {
    return this.bytes[at] ?? 0;
  }

  /** The pages of the range that have no block. */
  holes(offset: number, length: number): number[] {
    return [...pagesOf(offset, length)].filter((page) => !this.blocks.has(page));
  }

  get hasHoles(): boolean {
    return this.holes(0, this.length).length > 0;
  }

  /** The range cannot get all of its blocks. */
  isShort(offset: number, length: number): boolean {
    return this.holes(offset, length).length > this.disk.free;
  }

  /** A page gets its block. @returns false: the disk is full. */
  allocate(page: number): boolean {
    this.unwritten.delete(page);
    if (this.blocks.has(page)) return true;
    if (!this.disk.take()) return false;
    this.blocks.add(page);
    return true;
  }

  get hasUnwritten(): boolean {
    return this.unwritten.size > 0;
  }

  /** fallocate(2), mode 0. @returns the code of the error. */
  fallocate(offset: number, length: number): string | undefined {
    if (this.isShort(offset, length)) return 'ENOSPC';
    for (const page of this.holes(offset, length)) {
      this.allocate(page);
      this.unwritten.add(page);
    }
    if (offset + length > this.length) this.setLength(offset + length);
    return undefined;
  }

  store(offset: number, bytes: Uint8Array): void {
    for (const page of pagesOf(offset, bytes.length)) this.allocate(page);
    if (offset + bytes.length > this.length) this.setLength(offset + bytes.length);
    this.bytes.set(bytes, offset);
  }

  setLength(length: number): void {
    const isLonger = length > this.length;
    const next = Buffer.alloc(length);
    this.bytes.copy(next);
    this.bytes = next;
    if (isLonger) return;
    for (const page of [...this.blocks]) if (page * PAGE_SIZE >= length) this.free(page);
  }

  /** FALLOC_FL_PUNCH_HOLE. */
  punch(offset: number, length: number): void {
    this.bytes.fill(0, offset, offset + length);
    for (const page of pagesOf(offset, length))
      if (page * PAGE_SIZE >= offset && (page + 1) * PAGE_SIZE <= offset + length) this.free(page);
  }

  private free(page: number): void {
    this.unwritten.delete(page);
    if (this.blocks.delete(page)) this.disk.free++;
  }

  /** The bytes of a page of a mapping are lost. */
  lose(page: number): void {
    this.seal?.lose(page * PAGE_SIZE);
  }
}

export function pageUp(length: number): number {
  return Math.ceil(length / PAGE_SIZE) * PAGE_SIZE;
}

/** The pages that a range touches. */
export function* pagesOf(offset: number, length: number): Generator<number> {
  if (length === 0) return;
  for (let page = Math.floor(offset / PAGE_SIZE); page * PAGE_SIZE < offset + length; page++) yield page;
}
