import fs from 'node:fs';
import { mappingFault } from '../../core/errors.js';
import type { OpenFile } from '../open-file.js';
import { nextAgreement, nextDifference } from './differences.js';
import { datasync, datasyncAsync, writeSome } from './files.js';

const { S_IFBLK, S_IFMT } = fs.constants;
// The limits of one turn of an asynchronous write-back, bytes compared and system calls made: a few milliseconds.
const TURN_BYTES = 2 ** 20;
const TURN_WRITES = 1024;

/** The memory of a region, and the bytes of its file as far as the region knows them. */
export interface Memory {
  readonly bytes: Buffer;
  readonly snapshot: Buffer;
}

/** Writes the stores of one region into its file: only the bytes that differ from the snapshot. */
export class WriteBack {
  /** The number of pwrites made, and the number of those that are known to be on the disk. */
  private written = 0;
  private synced = 0;

  constructor(
    private readonly file: OpenFile,
    private readonly offset: number,
    private readonly length: number,
    private readonly path: string | undefined,
  ) {}

  /** The end of the file, in this region. Stores past it must not make a truncated file long again. */
  private fileEnd(): number {
    if ((this.file.mode & S_IFMT) === S_IFBLK) return this.length; // the st_size of a block device is 0
    return Math.min(this.length, Math.max(0, this.file.size - this.offset));
  }

  /** Writes changed bytes of [from, to) for one turn. @returns the start of the next turn; `to` when all is written. */
  turn({ bytes, snapshot }: Memory, from: number, to: number): number {
    const last = Math.min(to, this.fileEnd());
    const stop = Math.min(from + TURN_BYTES, last);
    let at = from;
    for (let writes = 0; writes < TURN_WRITES && at < stop; writes++) {
      const start = nextDifference(bytes, snapshot, at, stop);
      at = start < stop ? nextAgreement(bytes, snapshot, start, stop) : stop;
      if (at > start) this.writeRun(bytes, snapshot, start, at);
    }
    return at < last ? at : to;
  }

  private writeRun(bytes: Buffer, snapshot: Buffer, start: number, end: number): void {
    // A copy: the thread pool may be storing into `bytes`, and the snapshot must hold the bytes that were written.
    const run = Buffer.from(bytes.subarray(start, end));
    for (let done = 0; done < run.length;) {
      const count = writeSome(this.file.fd, run, done, this.offset + start + done, this.path);
      run.copy(snapshot, start + done, done, done + count);
      done += count;
      this.written++;
    }
  }

  /** A flush must not succeed for stores past the end of a truncated file. @throws ERR_MAPPING_FAULT. */
  checkInFile({ bytes, snapshot }: Memory, offset: number, to: number): void {
    const from = Math.max(offset, this.fileEnd());
    if (from >= to) return;
    const lost = nextDifference(bytes, snapshot, from, to);
    if (lost < to) throw mappingFault({ offset: lost, length: to - lost, reason: 'truncated' }, this.path);
  }

  /** Waits until every pwrite so far is on the disk. */
  sync(): void {
    const { written } = this;
    if (written === this.synced) return;
    datasync(this.file.fd, this.path);
    this.synced = written;
  }

  /** As {@link sync}, in the thread pool. */
  async syncAsync(): Promise<void> {
    const { written } = this;
    if (written === this.synced) return;
    await datasyncAsync(this.file.fd, this.path);
    this.synced = Math.max(this.synced, written);
  }

  /** Takes over the pwrites of another region that are not known to be on the disk. */
  takeOver(other: WriteBack): void {
    this.written += other.written - other.synced;
  }
}
