import { closeSync, openSync, readSync } from 'node:fs';

/** One request that reached the disk. */
export interface LoggedRequest {
  /** The first sector on the disk, and how many. */
  readonly sector: number;
  readonly sectors: number;
  /** All requests before it are on the medium. */
  readonly flushes: boolean;
  /** Its own bytes are on the medium at once. */
  readonly isForced: boolean;
  readonly isDiscard: boolean;
  /** The place of its bytes in the log. */
  readonly dataAt: number;
}

export const SECTOR = 512;

// The format of dm-log-writes (Documentation/admin-guide/device-mapper/log-writes.rst), which QEMU's blklogwrites has,
// too: a super block, then each request with its bytes. Numbers are little-endian, and in sectors of the log.
const MAGIC = 0x6a736677736872n;
const VERSION = 1n;
const COUNT_AT = 16;
const SECTOR_SIZE_AT = 24;
const FLAG = { flush: 1n, force: 2n, discard: 4n, mark: 8n };

/** A log of block requests: a file that may still grow. */
export class BlockLog implements Disposable {
  private readonly fd: number;
  /** Where the next entry will be, and how many are before it. */
  private end = SECTOR;
  private complete = 0;

  constructor(path: string) {
    this.fd = openSync(path, 'r');
  }

  private read(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    const count = readSync(this.fd, bytes, 0, length, at);
    return bytes.subarray(0, count);
  }

  /** @returns the entries that the super block counts: those before the last flush, at least. */
  private counted(): number {
    const head = this.read(0, SECTOR);
    if (head.length < SECTOR) return 0;
    if (head.readBigUInt64LE(0) !== MAGIC || head.readBigUInt64LE(8) !== VERSION)
      throw new Error('no log of block requests, version 1');
    if (head.readUInt32LE(SECTOR_SIZE_AT) !== SECTOR) throw new Error(`the log has no sectors of ${SECTOR} bytes`);
    return Number(head.readBigUInt64LE(COUNT_AT));
  }

  /** The entry at a place of the log; undefined: there is none yet. */
  private entryAt(at: number): { request: LoggedRequest; end: number } | undefined {
    const head = this.read(at, SECTOR);
    if (head.length < SECTOR) return undefined;
    const [sector = 0n, sectors = 0n, flags = 0n, extra = 0n] = [0, 8, 16, 24].map((field) =>
      head.readBigUInt64LE(field),
    );
    if (sectors === 0n && flags === 0n) return undefined;
    if (flags >= 2n * FLAG.mark || (flags & FLAG.mark) !== 0n || extra !== 0n)
      throw new Error(`the entry at ${at} of the log is of no known kind`);
    const isDiscard = (flags & FLAG.discard) !== 0n;
    return {
      request: {
        sector: Number(sector),
        sectors: Number(sectors),
        flushes: (flags & FLAG.flush) !== 0n,
        isForced: (flags & FLAG.force) !== 0n,
        isDiscard,
        dataAt: at + SECTOR,
      },
      end: at + SECTOR + (isDiscard ? 0 : Number(sectors) * SECTOR),
    };
  }

  /** How many requests have reached the disk by now. */
  count(): number {
    for (let entry = this.entryAt(this.end); entry !== undefined; entry = this.entryAt(this.end)) {
      this.end = entry.end;
      this.complete++;
    }
    // An entry that is being written hides those behind it from the loop, and not from the super block.
    return Math.max(this.complete, this.counted());
  }

  *requests(): Generator<LoggedRequest> {
    let at = SECTOR;
    for (let entry = this.entryAt(at); entry !== undefined; entry = this.entryAt(at)) {
      yield entry.request;
      at = entry.end;
    }
  }

  /** The bytes of a sector of a request. */
  bytes({ dataAt }: LoggedRequest, index: number, count = 1): Buffer {
    return this.read(dataAt + index * SECTOR, count * SECTOR);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}
