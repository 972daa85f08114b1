import { constants } from '../../lib/index.js';
import { pagesOf, pageUp, type ModelFile } from './model-file.js';
import { FAULT, type ModelMemory, type Part } from './model-memory.js';

const { PAGE_SIZE } = constants;

type Reason = 'truncated' | 'nospace';

/**
 * Pages of the kernel: shared ones are the file's; a private one is the file's until the first store. A fault past the
 * end of the file loses the rest of the mapping; a fault on a full disk loses its page.
 */
export class PagedMemory implements ModelMemory {
  readonly losses = new Set<string>();
  private readonly copies = new Map<number, Buffer>();
  private readonly lost = { truncated: new Set<number>(), nospace: new Set<number>() };
  /** A fault has come since the last drain(). */
  private isUndrained = false;

  constructor(
    private readonly file: ModelFile,
    private readonly offset: number,
    public length: number,
    private readonly isPrivate: boolean,
  ) {}

  get isFaulted(): boolean {
    return this.lost.truncated.size + this.lost.nospace.size > 0;
  }

  private isLostPage(page: number): boolean {
    return this.lost.truncated.has(page) || this.lost.nospace.has(page);
  }

  isLost({ offset, length }: Part): boolean {
    return [...pagesOf(offset, length)].some((page) => this.isLostPage(page));
  }

  /** The first byte that is behind the last page of the file. */
  private get end(): number {
    return pageUp(Math.max(0, this.file.length - this.offset));
  }

  private inFile(page: number): number {
    return this.offset / PAGE_SIZE + page;
  }

  byte(at: number): number | undefined {
    const isTail = this.offset + at >= this.file.length && at < this.end;
    const page = Math.floor(at / PAGE_SIZE);
    if (this.isLostPage(page) || isTail) return undefined;
    const copy = this.copies.get(page);
    return copy === undefined ? this.file.byte(this.offset + at) : copy[at % PAGE_SIZE];
  }

  /** The pages that the access reaches through the file. */
  private reached({ offset, length }: Part): number[] {
    return [...pagesOf(offset, length)].filter((page) => !this.isLostPage(page) && !this.copies.has(page));
  }

  private allocates(access: 'read' | 'write'): boolean {
    return this.file.disk.readsAllocate || (access === 'write' && !this.isPrivate);
  }

  isUnsure(part: Part, access: 'read' | 'write'): boolean {
    const { free } = this.file.disk;
    if (!this.allocates(access)) return false;
    const holes = this.reached(part).filter((page) => page * PAGE_SIZE < this.end && this.isHole(page));
    return free > 0 && holes.length > free;
  }

  private isHole(page: number): boolean {
    return this.file.holes(this.inFile(page) * PAGE_SIZE, 1).length > 0;
  }

  touch(part: Part, access: 'read' | 'write'): void {
    for (const page of this.reached(part)) {
      if (page * PAGE_SIZE >= this.end) this.loseTail();
      else if (this.allocates(access) && !this.file.allocate(this.inFile(page))) this.lose('nospace', page);
    }
  }

  private loseTail(): void {
    for (const page of pagesOf(this.end, this.length - this.end)) this.lose('truncated', page);
  }

  private lose(reason: Reason, page: number): void {
    if (this.lost[reason].has(page)) return;
    this.lost[reason].add(page);
    this.losses.add(`${reason} ${page}`);
    this.isUndrained = true;
    this.file.lose(this.inFile(page));
  }

  loseWith(losses: ReadonlySet<string>): void {
    for (const loss of losses) {
      const [reason, page] = loss.split(' ') as [string, string];
      const at = Number(page);
      if (reason === 'nospace' && this.lost.nospace.has(at - 1) && this.isHole(at)) this.lose('nospace', at);
    }
  }

  store(offset: number, bytes: Uint8Array): void {
    this.touch({ offset, length: bytes.length }, 'write');
    bytes.forEach((byte, i) => this.storeByte(offset + i, byte));
  }

  private storeByte(at: number, byte: number): void {
    const page = Math.floor(at / PAGE_SIZE);
    if (this.isLostPage(page)) return;
    if (this.isPrivate) this.copy(page)[at % PAGE_SIZE] = byte;
    else this.file.bytes[this.offset + at] = byte;
  }

  private copy(page: number): Buffer {
    const start = this.offset + page * PAGE_SIZE;
    const copy =
      this.copies.get(page) ?? Buffer.from(Array.from({ length: PAGE_SIZE }, (_, i) => this.file.byte(start + i)));
    this.copies.set(page, copy);
    return copy;
  }

  persist(part: Part): string | undefined {
    return this.isLost(part) ? FAULT : undefined;
  }

  drain(): string | undefined {
    const code = this.isUndrained ? FAULT : undefined;
    this.isUndrained = false;
    return code;
  }

  resize(length: number): undefined {
    this.length = length;
    const pages = [this.copies, this.lost.truncated, this.lost.nospace];
    for (const each of pages) for (const page of each.keys()) if (page * PAGE_SIZE >= length) each.delete(page);
  }

  remap(): string | undefined {
    const { truncated, nospace } = this.lost;
    if (this.isUnsureToRemap([...nospace])) return 'unsure';
    if (truncated.size > 0 && this.end < pageUp(this.length)) return FAULT;
    truncated.clear();
    for (const run of runsOf(nospace)) {
      const code = this.remapRun(run);
      if (code !== undefined) return code;
      for (const page of run) nospace.delete(page);
    }
    return undefined;
  }

  /** The result depends on the order of the ranges, or of their blocks. */
  private isUnsureToRemap(pages: readonly number[]): boolean {
    const { disk, hasUnwritten } = this.file;
    if (this.lost.truncated.size > 0) return pages.length > 0;
    return pages.filter((page) => this.isHole(page)).length > disk.free && (hasUnwritten || disk.free > 0);
  }

  /** Pages of a full disk, each of which needs its block. */
  private remapRun(run: readonly number[]): string | undefined {
    const { seal, disk } = this.file;
    if (run.some((page) => page * PAGE_SIZE >= this.end)) return FAULT;
    if (seal !== undefined && !this.isPrivate) return 'ETXTBSY';
    if (run.filter((page) => this.isHole(page)).length > disk.free) return 'ENOSPC';
    for (const page of run) this.file.allocate(this.inFile(page));
    return undefined;
  }

  onTruncated(): void {
    for (const page of this.copies.keys()) if (page * PAGE_SIZE >= this.end) this.copies.delete(page);
  }

  close(): undefined {
    // The pages are the file's own.
  }
}

/** The pages in order, neighbours together. */
function runsOf(pages: ReadonlySet<number>): number[][] {
  const runs: number[][] = [];
  for (const page of [...pages].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.at(-1) === page - 1) last.push(page);
    else runs.push([page]);
  }
  return runs;
}
