import { SECTOR, type BlockLog, type LoggedRequest } from './block-log.js';
import type { Run } from './recording.js';

/**
 * The contents of one file that a power cut may leave on a disk: the requests before the last flush, and of each sector
 * that was written since any of its versions. A request that ran during a flush counts as flushed, so these are some of
 * the contents that a disk may have, and never one that it cannot have.
 */
export class FileOnDisk {
  private readonly flushed: Buffer;
  /** The sectors of the file by their numbers on the disk. */
  private readonly places = new Map<number, number>();
  /** By the sector of the file: what was written since the flush, oldest first. */
  private readonly inFlight = new Map<number, Buffer[]>();

  constructor(
    private readonly log: BlockLog,
    size: number,
    runs: readonly Run[],
  ) {
    this.flushed = Buffer.alloc(size);
    for (const { offset, physical, length } of runs)
      for (let at = 0; at < length && offset + at < size; at += SECTOR)
        this.places.set((physical + at) / SECTOR, (offset + at) / SECTOR);
    if (this.places.size !== size / SECTOR) throw new Error('the file has holes');
  }

  /** @returns true: the request writes the file. */
  apply(request: LoggedRequest): boolean {
    if (request.flushes) this.flush();
    let writes = false;
    for (let index = 0; index < request.sectors; index++) {
      const sector = this.places.get(request.sector + index);
      if (sector === undefined) continue;
      writes = true;
      if (request.isDiscard) throw new Error('the file system discards blocks of the file');
      const bytes = this.log.bytes(request, index);
      if (!request.isForced) this.inFlight.set(sector, [...(this.inFlight.get(sector) ?? []), bytes]);
      else {
        this.inFlight.delete(sector);
        bytes.copy(this.flushed, sector * SECTOR);
      }
    }
    return writes;
  }

  private flush(): void {
    for (const [sector, versions] of this.inFlight) versions.at(-1)?.copy(this.flushed, sector * SECTOR);
    this.inFlight.clear();
  }

  /** The versions of each sector that has more than one. */
  private choices(): { readonly at: number; readonly versions: readonly Buffer[] }[] {
    return [...this.inFlight].flatMap(([sector, written]) => {
      const at = sector * SECTOR;
      const versions: Buffer[] = [Buffer.from(this.flushed.subarray(at, at + SECTOR))];
      for (const version of written) if (!versions.some((other) => other.equals(version))) versions.push(version);
      return versions.length === 1 ? [] : [{ at, versions }];
    });
  }

  /** Each content. The buffer is the same at each step. */
  *contents(): Generator<Buffer> {
    const content = Buffer.from(this.flushed);
    const choices = this.choices();
    const count = choices.reduce((product, { versions }) => product * versions.length, 1);
    for (let number = 0; number < count; number++) {
      let rest = number;
      for (const { at, versions } of choices) {
        versions[rest % versions.length]?.copy(content, at);
        rest = Math.floor(rest / versions.length);
      }
      yield content;
    }
  }

  /** The content with each request so far. */
  newest(): Buffer {
    const content = Buffer.from(this.flushed);
    for (const [sector, versions] of this.inFlight) versions.at(-1)?.copy(content, sector * SECTOR);
    return content;
  }
}
