import type { Fault, LineRegion, Region, RegionRequest, RegionToken, Span } from '../region.js';
import { isCallError } from '../open-file.js';
import { constants, MAP_TYPE } from '../../core/constants.js';
import { checked, errno, externalBuffersForbidden, systemError } from '../../core/errors.js';
import { mappedUnit } from '../../storage/huge-pages.js';
import { honouredFlags } from '../map-flags.js';
import { pageSpan, roundUp } from '../../core/range.js';
import { handedOut, transfer } from './hand-out.js';
import { mmapRegion, type MmapResult } from './mmap.js';
import { LineCalls } from './line-calls.js';
import type { Native } from './register-calls.js';
import { populatingFlagsOf, requestedFlags } from './request-flags.js';
import { NativeWords } from './shared-words.js';
import { sharedWindow } from './shared-window.js';
import { syncGroups } from './sync-groups.js';

const { MAP_LOCKED, MAP_NONBLOCK, MAP_POPULATE, MAP_PRIVATE, PAGE_SIZE, PROT_NONE, PROT_READ, PROT_WRITE } = constants;

const STILL_IN_USE =
  'a view from before the mapping was made shorter may still be in use (by a request in flight), and what grows now must not come under it. Drop those views and try again after garbage collection, or map anew';
const CANNOT_MOVE =
  'a private mapping cannot move without losing its own changes; map it with a reserve that leaves room to grow';

/** {@link LineRegion} over mmap(2). Takes a reference of its own to `request.file`. */
export class NativeRegion extends LineCalls implements LineRegion {
  readonly offset: number;
  readonly prot: number;
  readonly flags: number;
  readonly syncErrno: number | undefined;
  length: number;

  readonly faultCount: Uint32Array;

  private readonly unguarded: boolean;
  /** The flags of the mmap(2) call. */
  private readonly mmapFlags: number;
  private readonly reserve: number;
  private failuresSeen: number;
  // The furthest end of a window that may be in use. A request in flight may use a window that a shrink has detached:
  // until the finalizers of that window have run, the addresses past `length` must not become file pages again.
  private reach = 0;

  private constructor(
    native: Native,
    request: RegionRequest,
    granted: MmapResult,
    readonly unit: number,
  ) {
    super(request.file, request.path, native, granted.slot);
    this.failuresSeen = this.file?.writeBackFailures ?? 0;
    this.offset = request.offset;
    this.length = request.length;
    this.prot = request.prot;
    this.reserve = request.reserve;
    this.unguarded = request.unguarded === true;
    this.faultCount = native.faultGuard.count;
    if (this.unguarded) native.addon.leaveUnguarded(this.slot);
    this.mmapFlags = granted.flags;
    this.flags = honouredFlags(granted.flags | (request.flags & populatingFlagsOf(request)));
    this.syncErrno = granted.syncErrno;
  }

  static map(native: Native, request: RegionRequest): NativeRegion {
    if (request.unguarded !== true) native.faultGuard.install();
    const unit = mappedUnit(request.flags, request.file);
    const populating = populatingFlagsOf(request);
    const asked = populating === 0 ? request : { ...request, flags: request.flags & ~populating };
    const granted = mmapRegion(native.addon, asked, unit);
    const region = new NativeRegion(native, request, granted, unit);
    try {
      region.populateLikeMmap(0, region.length);
    } catch (error) {
      region.close();
      throw error;
    }
    return region;
  }

  /**
   * MAP_POPULATE and MAP_LOCKED, by calls that never write-fault. As with mmap(2), a page that cannot be brought in is
   * no error.
   */
  private populateLikeMmap(offset: number, length: number): void {
    const { flags, mmapFlags, slot } = this;
    const wanted = flags & ~mmapFlags & (MAP_POPULATE | MAP_LOCKED);
    if (wanted === 0) return;
    if ((wanted & MAP_LOCKED) !== 0) this.check(this.native.addon.lock(slot, offset, length, 1), 'mlock2');
    if ((flags & MAP_NONBLOCK) === 0) this.native.addon.populate(slot, offset, length, 0);
  }

  get address(): bigint {
    checked(this.native.addon.address(this.slot), 'mmap');
    return this.native.integers[0] ?? 0n;
  }

  get token(): RegionToken {
    const {
      native: { addon },
      slot,
      file,
    } = this;
    return { table: addon.tableId(), slot, serial: checked(addon.shareRange(slot), 'mmap'), fd: file?.fd ?? -1 };
  }

  get words(): NativeWords | undefined {
    if (this.isPrivate) return undefined;
    return new NativeWords(this.native, this.slot, this.path, (call) => this.run(call));
  }

  get isFenced(): boolean {
    return this.native.addon.isFenced(this.slot) === 1;
  }

  get isGuarded(): boolean {
    return !this.unguarded && !this.native.faultGuard.isOff;
  }

  takeFaults(): Fault[] {
    return this.native.faultGuard.take(this.slot, this.length);
  }

  remap(offset: number, length: number): void {
    const span = pageSpan(offset, length, this.unit);
    this.check(
      this.native.addon.remap(this.slot, span.offset, roundUp(span.length, this.unit), this.prot, this.mmapFlags),
      'mmap',
    );
  }

  private get isPrivate(): boolean {
    return (this.flags & MAP_TYPE) === MAP_PRIVATE;
  }

  private check(result: number, syscall: string): number {
    return result < 0 ? checked(result, syscall, this.path) : result;
  }

  window(offset: number, length: number): ArrayBuffer {
    const { addon } = this.native;
    const made = addon.window(this.slot, offset, length);
    if (made === errno.ENOTSUP) throw externalBuffersForbidden();
    const handed = typeof made === 'number' ? made : handedOut(made);
    const result = typeof handed === 'number' ? handed : addon.handOut(handed);
    if (typeof handed === 'number' || result < 0) {
      throw systemError(result, 'mmap', this.path, 'the runtime could not make an ArrayBuffer of that size');
    }
    this.reach = Math.max(this.reach, offset + length);
    return handed;
  }

  detach(window: ArrayBuffer): void {
    if (transfer === undefined) {
      this.native.addon.detach(window);
      return;
    }
    // napi_detach_arraybuffer aborts the process for a buffer that was marked untransferable (Node >= 24). transfer()
    // throws a TypeError there. The views keep their length, over the placeholder that close() or resize() maps next.
    try {
      transfer.call(window, 0);
    } catch {
      // The window is detached already, or cannot be detached.
    }
  }

  sharedWindow(offset: number, length: number): SharedArrayBuffer {
    return sharedWindow(this.native.addon, { slot: this.slot, offset, length }, this.path);
  }

  get sharedWindows(): number {
    return this.native.addon.sharedWindows(this.slot);
  }

  sync(offset: number, length: number): void {
    if (this.isPrivate) return;
    const span = pageSpan(offset, length, PAGE_SIZE);
    this.checkMsync(this.native.addon.sync(this.slot, span.offset, span.length));
  }

  syncAll(spans: readonly Span[]): void {
    for (const { offset, length } of syncGroups(spans, (start, gap) => this.dirtyPages(start, gap)))
      this.sync(offset, length);
  }

  private dirtyPages(offset: number, length: number): number | undefined {
    // Never for a file on DAX: cachestat(2) takes its entries for those of evicted pages, and the kernel crashes (seen
    // on 6.12).
    if (this.file?.dax !== false) return undefined;
    const pages = this.native.addon.dirtyPages(this.file.fd, this.offset + offset, length);
    return pages < 0 ? undefined : pages;
  }

  async syncAsync(offset: number, length: number): Promise<void> {
    if (this.isPrivate) return;
    const span = pageSpan(offset, length, PAGE_SIZE);
    const { failuresSeen } = this; // a failure that a sync() takes meanwhile may be one of these pages
    const result = await this.run(() => this.native.addon.syncAsync(this.slot, span.offset, span.length));
    this.checkMsync(result, failuresSeen);
  }

  async persistLinesAsync(offset: number, length: number): Promise<void> {
    this.check(await this.run(() => this.native.addon.persistLinesAsync(this.slot, offset, length)), 'msync');
  }

  advise(advice: number, offset: number, length: number): void {
    const span = pageSpan(offset, length, PAGE_SIZE);
    this.check(this.native.addon.advise(this.slot, span.offset, span.length, advice), 'madvise');
  }

  pin(): void {
    this.check(this.native.addon.pin(this.slot, 1), 'mmap');
  }

  unpin(): void {
    this.native.addon.pin(this.slot, 0);
  }

  private writeFaults(write: boolean): number {
    return write && !this.isPrivate && (this.prot & PROT_WRITE) !== 0 ? 1 : 0;
  }

  populate(offset: number, length: number, write: boolean): void {
    const span = pageSpan(offset, length, PAGE_SIZE);
    const faults = this.writeFaults(write);
    this.check(this.native.addon.populate(this.slot, span.offset, span.length, faults), 'madvise');
  }

  async populateAsync(offset: number, length: number, write: boolean): Promise<void> {
    const span = pageSpan(offset, length, PAGE_SIZE);
    const faults = this.writeFaults(write);
    this.check(
      await this.run(() => this.native.addon.populateAsync(this.slot, span.offset, span.length, faults)),
      'madvise',
    );
  }

  residency(offset: number, length: number): { pages: number; resident: number } {
    const span = pageSpan(offset, length, PAGE_SIZE);
    const resident = this.check(this.native.addon.residency(this.slot, span.offset, span.length), 'mincore');
    return { pages: Math.ceil(span.length / PAGE_SIZE), resident };
  }

  lock(offset: number, length: number): void {
    const span = pageSpan(offset, length, PAGE_SIZE);
    const { addon } = this.native;
    // mlock2(2) brings pages in by write faults where they are allowed: a private mapping would get a copy of the whole
    // file.
    const onFault = this.isPrivate && (this.file !== undefined || this.prot === PROT_NONE);
    this.check(addon.lock(this.slot, span.offset, span.length, onFault ? 1 : 0), 'mlock2');
    if (!onFault || (this.prot & PROT_READ) === 0) return;
    const present = addon.populate(this.slot, span.offset, span.length, 0);
    if (present !== errno.EINVAL) this.check(present, 'madvise'); // EINVAL: memory of a device has no pages to bring in
  }

  unlock(offset: number, length: number): void {
    const span = pageSpan(offset, length, PAGE_SIZE);
    this.check(this.native.addon.unlock(this.slot, span.offset, span.length), 'munlock');
  }

  resize(length: number): Region {
    const now = roundUp(this.length, this.unit);
    const wanted = roundUp(length, this.unit);
    if (wanted < now) this.coverTail(wanted, now);
    if (wanted <= now) {
      this.length = length;
      return this;
    }
    if (!this.growInPlace(now, wanted)) return this.move(length);
    this.length = length;
    return this;
  }

  private coverTail(wanted: number, now: number): void {
    this.check(this.native.addon.cover(this.slot, wanted, now - wanted), 'mmap');
  }

  private growInPlace(now: number, wanted: number): boolean {
    if (wanted > roundUp(this.reserve, this.unit)) return false;
    if (this.reach > now) {
      if (this.native.addon.users(this.slot) > 1) return false;
      this.reach = 0;
    }
    const { file, native, slot, prot, mmapFlags } = this;
    const from = this.offset + now;
    const dev = Number(file?.dev ?? 0);
    const ino = Number(file?.ino ?? 0);
    this.check(native.addon.mapFixed(slot, now, file?.fd ?? -1, from, wanted - now, prot, mmapFlags, dev, ino), 'mmap');
    try {
      this.populateLikeMmap(now, wanted - now);
    } catch (error) {
      this.coverTail(now, wanted);
      throw error;
    }
    return true;
  }

  /** Makes another region over the same bytes, `length` long. @throws EOPNOTSUPP for a private region. */
  private move(length: number): Region {
    const { file, path, offset, prot, reserve } = this;
    if (this.isPrivate)
      throw systemError(errno.EOPNOTSUPP, 'mmap', path, length <= reserve ? STILL_IN_USE : CANNOT_MOVE);
    const { unguarded } = this;
    const request = { file, path, offset, length, prot, reserve, unguarded, ...requestedFlags(this.flags) };
    const moved = NativeRegion.map(this.native, request);
    moved.failuresSeen = this.failuresSeen;
    return moved;
  }

  /**
   * Reports the result of an msync(2): its own failure, or a failure of the file that was reported to another mapping
   * only.
   *
   * @param seen - the failures that the caller has been told of.
   */
  private checkMsync(result: number, seen = this.failuresSeen): void {
    const { file } = this;
    if (file === undefined || isCallError(result)) {
      this.check(result, 'msync');
      return;
    }
    try {
      file.checkWriteBack(result, 'msync', seen, this.path);
    } finally {
      this.failuresSeen = file.writeBackFailures;
    }
  }

  fence(): void {
    if (this.state === 'closed') return; // the slot may belong to another range by now
    this.check(this.native.addon.cover(this.slot, 0, roundUp(Math.max(this.length, this.reserve), this.unit)), 'mmap');
  }

  protected prepareClose(): void {
    // Nothing: the pages are the file's own.
  }

  /** An msync(2) over the placeholder would succeed and prove nothing, so no flush may run here. */
  protected unmap(): void {
    this.check(this.native.addon.close(this.slot), 'mmap');
  }

  abandon(): void {
    this.state = 'closed';
    this.native.addon.abandon(this.slot);
    this.file?.release();
  }
}
