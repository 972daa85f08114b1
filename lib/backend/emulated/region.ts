import type { Region, RegionRequest, RegionToken, Span } from '../region.js';
import type { OpenFile } from '../open-file.js';
import fs from 'node:fs';
import { constants as os } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, MAP_TYPE } from '../../core/constants.js';
import { errno, systemError, mappingFault } from '../../core/errors.js';
import { checkFlagsKnown, honouredFlags } from '../map-flags.js';
import { pageSpan } from '../../core/range.js';
import { plainBytes } from '../../core/write-arguments.js';
import { nextAgreement, nextDifference } from './differences.js';
import { keepAlive, letGo } from './exit.js';
import { datasync, datasyncAsync, readFully, readFullyAsync, writeSome } from './files.js';
import { allocate, checkLength, moveOut } from './memory.js';
import { ClosableRegion } from '../closable-region.js';
import { shareFile, unshare } from './shares.js';
import { GET_NATIVE } from '../remedy.js';

const { MADV_REMOVE, MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SYNC, PAGE_SIZE, PROT_WRITE } = constants;
const { O_RDWR, O_WRONLY, S_IFBLK, S_IFMT, S_IFREG } = fs.constants;
const EFAULT = -os.errno.EFAULT;
// One turn of an asynchronous write-back: so much compared, or so many system calls made. A few milliseconds.
const TURN_BYTES = 2 ** 20;
const TURN_WRITES = 1024;

/** What mmap(2) itself would refuse. */
function check(request: RegionRequest): void {
  const { file, path, flags, prot } = request;
  const type = flags & MAP_TYPE;
  if (type !== MAP_SHARED && type !== MAP_PRIVATE && type !== MAP_SHARED_VALIDATE) {
    throw systemError(
      errno.EINVAL,
      'mmap',
      path,
      'the flags need one of MAP_SHARED, MAP_SHARED_VALIDATE and MAP_PRIVATE',
    );
  }
  checkFlagsKnown(flags, path); // there is no kernel here that would
  checkLength(request.length, path);
  if (file === undefined) return;
  if (type !== MAP_PRIVATE && (prot & PROT_WRITE) !== 0 && file.accessMode !== O_RDWR)
    throw systemError(errno.EACCES, 'mmap', path);
  if (file.accessMode === O_WRONLY) throw systemError(errno.EACCES, 'mmap', path);
  const kind = file.mode & S_IFMT;
  if (kind !== S_IFREG && kind !== S_IFBLK) {
    throw systemError(
      errno.ENODEV,
      'mmap',
      path,
      'the emulation maps regular files and block devices; use one of them',
    );
  }
  if (request.sync === 'require' && type !== MAP_PRIVATE) {
    const remedy = `the emulation has no MAP_SYNC; ${GET_NATIVE}, or go on without it: sync: 'auto'`;
    throw systemError(errno.EOPNOTSUPP, 'mmap', path, remedy);
  }
}

/**
 * {@link Region} in heap memory: read when it is first needed, and, if shared and writable, written back at sync,
 * detach, close and a normal exit, only the bytes that differ from what was read or written last. What others write into
 * the file later is neither seen nor overwritten. Takes a reference of its own to
 * `request.file`.
 */
export class EmulatedRegion extends ClosableRegion implements Region {
  readonly offset: number;
  readonly length: number;
  readonly prot: number;
  readonly flags: number;
  readonly unit = PAGE_SIZE;
  readonly syncErrno: number | undefined;
  readonly address = 0n;

  private bytes: Buffer<ArrayBuffer> | undefined;
  // The file's bytes as far as we know them; only where stores are written back.
  private snapshot: Buffer<ArrayBuffer> | undefined;
  // A window is out, so that `bytes` may differ from `snapshot`.
  private exposed = false;
  private serial = 0;
  // Memory and snapshot were given up: by close(), a fence, or a resize() that made another region.
  private isRetired = false;
  // Of our pwrites, how many there were and how many are known to be on the disk.
  private written = 0;
  private synced = 0;
  // Why abandon() could not write back: a flush that runs meanwhile must not report success.
  private failure: unknown;

  private constructor(request: RegionRequest, syncErrno: number | undefined) {
    super(request.file, request.path);
    this.offset = request.offset;
    this.length = request.length;
    this.prot = request.prot;
    this.flags = honouredFlags(request.flags & ~MAP_SYNC);
    this.syncErrno = syncErrno;
  }

  static map(request: RegionRequest): EmulatedRegion {
    check(request);
    // As the native one: where MAP_SYNC means nothing it is not refused.
    const asked = request.sync !== 'off' && request.file !== undefined && (request.flags & MAP_TYPE) !== MAP_PRIVATE;
    return new EmulatedRegion(request, asked ? errno.EOPNOTSUPP : 0);
  }

  private get isPrivate(): boolean {
    return (this.flags & MAP_TYPE) === MAP_PRIVATE;
  }

  private get writesBack(): boolean {
    return this.file !== undefined && !this.isPrivate && (this.prot & PROT_WRITE) !== 0;
  }

  /** There are no leases here. */
  get isFenced(): boolean {
    return false;
  }

  get token(): RegionToken {
    if (this.serial === 0) {
      this.serial = shareFile(this.file);
    }
    return { table: 0, slot: -1, serial: this.serial, fd: -1 };
  }

  private install(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
    let snapshot: Buffer<ArrayBuffer> | undefined;
    if (this.writesBack) bytes.copy((snapshot = allocate(this.length, this.path)));
    this.snapshot = snapshot;
    this.exposed = false;
    return (this.bytes = bytes);
  }

  /** The memory, unless somebody transferred its ArrayBuffer away: that leaves a length of 0. */
  private get present(): Buffer<ArrayBuffer> | undefined {
    return this.bytes?.length === this.length ? this.bytes : undefined;
  }

  private load(): Buffer<ArrayBuffer> {
    if (this.present !== undefined) return this.present;
    const { file, length, offset } = this;
    const bytes = allocate(length, this.path);
    if (file !== undefined) readFully(file.fd, bytes, offset, this.path);
    return this.install(bytes);
  }

  window(offset: number, length: number): ArrayBuffer {
    if (offset !== 0 || length !== this.length) {
      const remedy = `the emulation has one ArrayBuffer per mapping, of all its ${this.length} bytes; take that, or view()`;
      throw systemError(errno.EOPNOTSUPP, 'mmap', this.path, remedy);
    }
    const { buffer } = this.load();
    this.exposed = true;
    if (this.writesBack) keepAlive(this);
    return buffer;
  }

  detach(window: ArrayBuffer): void {
    if (this.isRetired) {
      moveOut(window); // after resize(): the new region has the bytes
      return;
    }
    if (this.bytes?.buffer !== window || this.present === undefined) return; // detached before
    this.writeBack();
    // The memory stays ours: a later window or resize() goes on with it.
    this.bytes = Buffer.from(moveOut(window) ?? window.slice(0));
    this.exposed = false;
    letGo(this);
  }

  /** Where in this region the file ends now: stores past it must not make a truncated file long again. */
  private end(file: OpenFile): number {
    if ((file.mode & S_IFMT) === S_IFBLK) return this.length; // its st_size is 0
    return Math.min(this.length, Math.max(0, file.size - this.offset));
  }

  /** Writes changed bytes of [from, to) for one turn; returns where the next one starts, `to` when all is written. */
  private writeTurn(from: number, to: number): number {
    const { file, present: bytes, snapshot } = this;
    if (file === undefined || snapshot === undefined || bytes === undefined || !this.exposed) return to;
    const last = Math.min(to, this.end(file));
    const stop = Math.min(from + TURN_BYTES, last);
    let at = from;
    for (let writes = 0; writes < TURN_WRITES && at < stop; writes++) {
      const start = nextDifference(bytes, snapshot, at, stop);
      at = start < stop ? nextAgreement(bytes, snapshot, start, stop) : stop;
      if (at > start) this.writeRun(file, bytes, snapshot, start, at);
    }
    return at < last ? at : to;
  }

  private writeRun(file: OpenFile, bytes: Buffer, snapshot: Buffer, start: number, end: number): void {
    // A copy: the thread pool may be storing into `bytes`, and the snapshot must be what was written.
    const run = Buffer.from(bytes.subarray(start, end));
    for (let done = 0; done < run.length;) {
      const count = writeSome(file.fd, run, done, this.offset + start + done, this.path);
      run.copy(snapshot, start + done, done, done + count);
      done += count;
      this.written++;
    }
  }

  /** Changed bytes into the file, without waiting for the disk. */
  writeBack(offset = 0, length = this.length): void {
    const to = offset + length;
    for (let at = offset; at < to;) at = this.writeTurn(at, to);
  }

  /** Stores past the end of a file that somebody truncated went nowhere: a flush must not claim otherwise. */
  private checkInFile(offset: number, to: number): void {
    const { file, present: bytes, snapshot } = this;
    if (file === undefined || bytes === undefined || snapshot === undefined) return;
    const from = Math.max(offset, this.end(file));
    if (from >= to) return;
    const lost = nextDifference(bytes, snapshot, from, to);
    if (lost < to) throw mappingFault(lost, to - lost, 'truncated', this.path);
  }

  private checkPresent(): void {
    if (!this.exposed || this.present !== undefined) return;
    this.exposed = false;
    const remedy =
      'the ArrayBuffer was transferred away (postMessage, transfer()) and its stores with it; copy the bytes instead';
    throw systemError(EFAULT, 'msync', this.path, remedy);
  }

  sync(offset: number, length: number): void {
    this.syncAll([{ offset, length }]);
  }

  /** Writes the changes of each span, and waits for the disk once. */
  syncAll(spans: readonly Span[]): void {
    const { file } = this;
    if (file === undefined || !this.writesBack) return;
    this.checkPresent();
    for (const { offset, length } of spans) this.writeBack(offset, length);
    for (const { offset, length } of spans) this.checkInFile(offset, offset + length);
    const { written } = this;
    if (written === this.synced) return;
    datasync(file.fd, this.path);
    this.synced = written;
  }

  /**
   * The writes are made here, some per turn of the loop, and only fdatasync in the thread pool: a write in flight there
   * could land after one that a sync(), detach() or close() made later, and undo it.
   */
  async syncAsync(offset: number, length: number): Promise<void> {
    const { file } = this;
    if (file === undefined || !this.writesBack) return;
    this.checkPresent();
    const to = offset + length;
    await this.run(async () => {
      for (let at = offset; (at = this.writeTurn(at, to)) < to;) await nextTurn();
      if (this.failure !== undefined) throw this.failure;
      this.checkInFile(offset, to);
      const { written } = this;
      if (written === this.synced) return;
      await datasyncAsync(file.fd, this.path);
      this.synced = Math.max(this.synced, written);
    });
  }

  advise(advice: number): void {
    if (advice !== MADV_REMOVE) return;
    throw systemError(errno.EOPNOTSUPP, 'madvise', this.path, 'the emulation cannot punch holes; store zeros instead');
  }

  store(source: Uint8Array, offset: number, length: number): void {
    new Uint8Array(this.window(0, this.length)).set(plainBytes(source, length), offset);
  }

  storeValue(value: number, offset: number, length: number): void {
    new Uint8Array(this.window(0, this.length), offset, length).fill(value);
  }

  populate(): void {
    this.load();
  }

  async populateAsync(): Promise<void> {
    const { file } = this;
    if (file === undefined || this.present !== undefined) {
      this.load();
      return;
    }
    const bytes = allocate(this.length, this.path);
    await this.run(() => readFullyAsync(file.fd, bytes, this.offset, this.path));
    // Meanwhile window() may have loaded it, and stores may be there.
    if (!this.isRetired && this.present === undefined) this.install(bytes);
  }

  residency(offset: number, length: number): { pages: number; resident: number } {
    const pages = Math.ceil(pageSpan(offset, length, PAGE_SIZE).length / PAGE_SIZE);
    return { pages, resident: pages };
  }

  lock(): void {
    // Heap memory cannot be locked from JavaScript: capabilities.paging says so.
  }

  unlock(): void {
    // As lock().
  }

  pin(): void {
    // Heap memory stays as long as anybody has its ArrayBuffer.
  }

  unpin(): void {
    // As pin().
  }

  resize(length: number): Region {
    checkLength(length, this.path);
    this.writeBack();
    const { file, path, flags, offset, prot } = this;
    const next = new EmulatedRegion(
      { file, path, offset, length, prot, flags, sync: 'off', reserve: 0 },
      this.syncErrno,
    );
    try {
      // Elsewhere the file has the bytes.
      if (this.present !== undefined && (this.isPrivate || file === undefined)) next.carryOver(this.present);
    } catch (error) {
      next.close();
      throw error;
    }
    next.owe(this.written - this.synced);
    this.retire();
    return next;
  }

  /** Takes over pwrites that are not known to be on the disk. */
  private owe(writes: number): void {
    this.written += writes;
  }

  private carryOver(old: Buffer): void {
    const { file, length, offset } = this;
    const bytes = allocate(length, this.path);
    if (file !== undefined && length > old.length)
      readFully(file.fd, bytes.subarray(old.length), offset + old.length, this.path);
    old.copy(bytes);
    this.install(bytes);
  }

  fence(): void {
    this.retire();
  }

  protected prepareClose(): void {
    this.writeBack();
    this.retire();
  }

  protected unmap(): void {
    // Heap memory: retire() has let go of it.
  }

  abandon(): void {
    try {
      this.writeBack();
    } catch (error) {
      this.failure = error;
    }
    this.retire();
    this.closeLater();
  }

  private retire(): void {
    this.isRetired = true;
    this.bytes = undefined;
    this.snapshot = undefined;
    letGo(this);
    unshare(this.serial);
  }
}
