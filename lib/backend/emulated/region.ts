import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, MAP_TYPE } from '../../core/constants.js';
import { errno, systemError } from '../../core/errors.js';
import { pageSpan } from '../../core/range.js';
import { plainBytes } from '../../core/write-arguments.js';
import { ClosableRegion } from '../closable-region.js';
import { honouredFlags } from '../map-flags.js';
import type { Fault, Region, RegionRequest, RegionToken, Span } from '../region.js';
import { checkRequest } from './check-request.js';
import { keepAlive, letGo } from './exit.js';
import { readFully, readFullyAsync } from './files.js';
import { allocate, checkLength, moveOut } from './memory.js';
import { shareFile, unshare } from './shares.js';
import { WriteBack, type Memory } from './write-back.js';

const { MADV_REMOVE, MAP_PRIVATE, MAP_SYNC, PAGE_SIZE, PROT_WRITE } = constants;

const NO_FAULTS = new Uint32Array(1);

/**
 * {@link Region} in heap memory. It reads the file when the memory is first needed. A shared, writable region writes
 * its stores back at sync, detach, close and a normal exit: only the bytes that differ from those that it read or wrote
 * last. Later changes of the file by others are neither seen nor overwritten.
 */
export class EmulatedRegion extends ClosableRegion implements Region {
  readonly offset: number;
  readonly length: number;
  readonly prot: number;
  readonly flags: number;
  readonly unit = PAGE_SIZE;
  readonly syncErrno: number | undefined;
  readonly address = 0n;
  readonly words = undefined;
  /** The emulation has no leases. */
  readonly isFenced = false;
  /** Heap memory has no faults. */
  readonly faultCount = NO_FAULTS;
  readonly isGuarded = false;

  private bytes: Buffer<ArrayBuffer> | undefined;
  // The file's bytes, as far as they are known. Only for a region that writes back.
  private snapshot: Buffer<ArrayBuffer> | undefined;
  /** undefined: stores never reach a file. */
  private readonly writer: WriteBack | undefined;
  // A caller has a window, so `bytes` may differ from `snapshot`.
  private exposed = false;
  private serial = 0;
  // Memory and snapshot were given up: by close(), a fence, or a resize() that made another region.
  private isRetired = false;
  // The reason that abandon() could not write back: a flush that runs meanwhile must not report success.
  private failure: unknown;

  private constructor(request: RegionRequest, syncErrno: number | undefined) {
    super(request.file, request.path);
    const { file, path, offset, length, prot } = request;
    this.offset = offset;
    this.length = length;
    this.prot = prot;
    this.flags = honouredFlags(request.flags & ~MAP_SYNC);
    this.syncErrno = syncErrno;
    if (file !== undefined && !this.isPrivate && (prot & PROT_WRITE) !== 0)
      this.writer = new WriteBack(file, offset, length, path);
  }

  static map(request: RegionRequest): EmulatedRegion {
    checkRequest(request);
    // As the native backend: a mapping for which MAP_SYNC means nothing is not refused it.
    const asked = request.sync !== 'off' && request.file !== undefined && (request.flags & MAP_TYPE) !== MAP_PRIVATE;
    return new EmulatedRegion(request, asked ? errno.EOPNOTSUPP : 0);
  }

  sharedWindow(): SharedArrayBuffer {
    throw systemError(
      errno.EOPNOTSUPP,
      'sharedArrayBuffer',
      this.path,
      'the emulation shares no memory between threads',
    );
  }

  readonly sharedWindows = 0;

  takeFaults(): Fault[] {
    return [];
  }

  remap(): void {
    // Nothing: no range is ever lost.
  }

  private get isPrivate(): boolean {
    return (this.flags & MAP_TYPE) === MAP_PRIVATE;
  }

  get token(): RegionToken {
    if (this.serial === 0) this.serial = shareFile(this.file);
    return { table: 0, slot: -1, serial: this.serial, fd: -1 };
  }

  private install(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
    this.snapshot = this.writer === undefined ? undefined : allocate(this.length, this.path);
    if (this.snapshot !== undefined) bytes.copy(this.snapshot);
    this.exposed = false;
    this.bytes = bytes;
    return bytes;
  }

  /** The memory. undefined: not loaded, or its ArrayBuffer was transferred away, which leaves length 0. */
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
    if (this.writer !== undefined) keepAlive(this);
    return buffer;
  }

  detach(window: ArrayBuffer): void {
    if (this.isRetired) {
      moveOut(window); // after resize(): the new region has the bytes
      return;
    }
    if (this.bytes?.buffer !== window || this.present === undefined) return; // detached before
    this.writeBack();
    // The region keeps the memory: a later window or resize() continues with it.
    this.bytes = Buffer.from(moveOut(window) ?? window.slice(0));
    this.exposed = false;
    letGo(this);
  }

  /** The memory that may hold stores to write back. */
  private get changed(): Memory | undefined {
    const { present: bytes, snapshot } = this;
    return bytes !== undefined && snapshot !== undefined ? { bytes, snapshot } : undefined;
  }

  /** Writes changed bytes of [from, to) for one turn. @returns the start of the next turn; `to` when all is written. */
  private writeTurn(from: number, to: number): number {
    const { writer, changed } = this;
    return writer === undefined || changed === undefined || !this.exposed ? to : writer.turn(changed, from, to);
  }

  /** Writes changed bytes into the file, without waiting for the disk. */
  writeBack(offset = 0, length = this.length): void {
    const to = offset + length;
    for (let at = offset; at < to;) at = this.writeTurn(at, to);
  }

  private checkInFile(offset: number, to: number): void {
    const { writer, changed } = this;
    if (changed !== undefined) writer?.checkInFile(changed, offset, to);
  }

  /** @throws EFAULT: the memory was transferred away. */
  private checkPresent(): void {
    if (!this.exposed || this.present !== undefined) return;
    this.exposed = false;
    const remedy =
      'the ArrayBuffer was transferred away (postMessage, transfer()) and its stores with it; copy the bytes instead';
    throw systemError(errno.EFAULT, 'msync', this.path, remedy);
  }

  sync(offset: number, length: number): void {
    this.syncAll([{ offset, length }]);
  }

  /** Writes the changes of each span, and waits for the disk once. */
  syncAll(spans: readonly Span[]): void {
    if (this.writer === undefined) return;
    this.checkPresent();
    for (const { offset, length } of spans) this.writeBack(offset, length);
    for (const { offset, length } of spans) this.checkInFile(offset, offset + length);
    this.writer.sync();
  }

  /**
   * Makes the writes on this thread, some per turn of the event loop, and only fdatasync in the thread pool. A write in
   * flight there could land after a later one of sync(), detach() or close(), and undo it.
   */
  async syncAsync(offset: number, length: number): Promise<void> {
    const { writer } = this;
    if (writer === undefined) return;
    this.checkPresent();
    const to = offset + length;
    await this.run(async () => {
      let at = this.writeTurn(offset, to);
      while (at < to) {
        await nextTurn();
        at = this.writeTurn(at, to);
      }
      if (this.failure !== undefined) throw this.failure;
      this.checkInFile(offset, to);
      await writer.syncAsync();
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

  storeWord(value: bigint | number, offset: number): void {
    new DataView(this.window(0, this.length)).setBigUint64(offset, BigInt(value), /*littleEndian=*/ true);
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
    // window() may have loaded the memory meanwhile, and stores may be in it.
    if (!this.isRetired && this.present === undefined) this.install(bytes);
  }

  residency(offset: number, length: number): { pages: number; resident: number } {
    const pages = Math.ceil(pageSpan(offset, length, PAGE_SIZE).length / PAGE_SIZE);
    return { pages, resident: pages };
  }

  lock(): void {
    // JavaScript cannot lock heap memory: capabilities.paging says so.
  }

  unlock(): void {
    // As lock().
  }

  pin(): void {
    // Heap memory stays as long as its ArrayBuffer can be reached.
  }

  unpin(): void {
    // As pin().
  }

  resize(length: number): Region {
    checkLength(length, this.path);
    this.writeBack();
    const { file, path, flags, offset, prot, writer } = this;
    const next = new EmulatedRegion(
      { file, path, offset, length, prot, flags, sync: 'off', reserve: 0 },
      this.syncErrno,
    );
    try {
      // The file has the bytes of other regions.
      if (this.present !== undefined && (this.isPrivate || file === undefined)) next.carryOver(this.present);
    } catch (error) {
      next.close();
      throw error;
    }
    if (writer !== undefined) next.writer?.takeOver(writer);
    this.retire();
    return next;
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
    // Nothing: retire() has let go of the heap memory.
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
