import { inspect, type InspectOptionsStylized } from 'node:util';
import type { Region } from '../backend/region.js';
import type { Access } from '../core/access.js';
import { checkOptions } from '../core/check-options.js';
import type { Advice } from '../core/constants.js';
import { illegalConstructor, mappingClosed, outOfRange, type FaultReason } from '../core/errors.js';
import { inOneLine } from '../core/inspect-line.js';
import { LazyEmitter } from '../core/lazy-emitter.js';
import { checkPlace, checkRange } from '../core/range.js';
import { rangesOf, type RangeList } from '../core/range-list.js';
import { runAsync, runSync, type Operation } from '../core/sync-or-async.js';
import { checkProgress, checkSignal, checkSize, throwIfAborted } from '../core/validators.js';
import { byteLengthOf, drainOf, sourceBytes } from '../core/write-arguments.js';
import { deepPersist } from '../durability/deep-persist.js';
import { durabilityOf, withReasons, type Durability } from '../durability/durability.js';
import { flushQueue, type FlushRange } from '../durability/flush-queue.js';
import { fenceChecked, tierFor, type Tier } from '../durability/tiers.js';
import { acquireSeal, type SealRequest } from '../seals/acquire.js';
import { parseSealOptions, splitSealOptions, type AsyncSealOptions, type SealOptions } from '../seals/options.js';
import type { Seal } from '../seals/seal.js';
import type { SealHolder } from '../seals/seal-holder.js';
import { handleOf, type MappingHandle } from './handle.js';
import { tracesLeaks } from './leak-trace.js';
import { mappingInfo, type MappingInfo } from './mapping-info.js';
import { MappingSeals, sealRequest } from './mapping-seals.js';
import { advise, populate, populateAll, prefetch, residency, setLocked } from './paging.js';
import { pinFor, pinnedMappings, type Pin } from './pin.js';
import { resize } from './resize.js';
import { MappingResources, track, type MappingFacts } from './resources.js';
import { checkReadable, checkViewLength, checkViewRange } from './view-checks.js';
import { MAX_VIEW, Windows } from './windows.js';

/** A Mapping is made of these. Each is named: a missing one would be looked up in Object.prototype. @internal */
export interface MappingParts extends MappingFacts {
  /** The seal of `direct`. */
  readonly seal: SealHolder | undefined;
  /** Further reasons for `durability`. */
  readonly reasons: readonly string[];
}

const NOT_CLONED = Symbol(
  'A Mapping belongs to its thread; post mapping.share(), and attach() that in the other one. A Mapping',
);

// Only this file can give it to the constructor.
const KEY = Symbol('the key of the constructor');

let construct: (parts: MappingParts) => Mapping;
let resourcesOf: (mapping: Mapping) => MappingResources;

/** The events of a mapping and what their listeners get. */
export interface MappingEvents {
  fault: { readonly offset: number; readonly length: number; readonly reason: FaultReason };
}

/**
 * A mapped range of a file (or of anonymous memory) and the way to its bytes.
 *
 * Close it: `using mapping = map(...)`, or `close()`. After that every view has length 0 and every method throws
 * ERR_MAPPING_CLOSED. One that is dropped unclosed is unmapped by garbage collection, some time after neither it nor a
 * view of it can be reached, and counted in `stats().leaked`.
 *
 * Event: 'fault' ({ offset, length, reason }): that range has no file behind it any more. The reason 'fenced': a breakable seal of it
 * was broken at the deadline (docs/seals.md).
 *
 * Not promised: that the file keeps its length. If another process truncates it, touching the lost part is SIGBUS, which
 * ends the process.
 */
export class Mapping extends LazyEmitter<MappingEvents> implements Disposable {
  /** 'read', 'write' or 'copy', as asked for. */
  readonly access: Access;
  /** What persist() guarantees here. */
  readonly durability: Durability;
  /** As it was given; undefined for a descriptor and for anonymous memory. */
  readonly path: string | undefined;

  private readonly resources: MappingResources;
  private tier: Tier;
  private windows: Windows | undefined;
  /** undefined: it was never sealed. */
  private sealing: MappingSeals | undefined;

  static {
    construct = (parts) => new Mapping(KEY, parts);
    resourcesOf = ({ resources }) => resources;
  }

  private constructor(key?: typeof KEY, parts?: MappingParts) {
    super(NOT_CLONED);
    if (key !== KEY || parts === undefined)
      throw illegalConstructor('Mapping', 'map(), mapAsync(), mmap(), anonymous() and attach() make a Mapping');
    this.access = parts.access;
    try {
      tracesLeaks(); // it throws for a wrong word in the environment
      this.durability = withReasons(durabilityOf(parts.region, parts.backend), parts.reasons);
    } catch (error) {
      parts.region.close();
      throw error;
    }
    this.path = parts.path;
    this.tier = tierFor(this.durability);
    this.resources = new MappingResources(parts, this.durability.granularity);
    track(this, this.resources);
    if (parts.seal !== undefined) this.addSeal(parts.seal);
  }

  /** Bytes that are mapped; 0 after close(). */
  get length(): number {
    const { region } = this.resources;
    return region.state === 'open' ? region.length : 0;
  }

  /** Where in the file the mapping starts, in bytes. */
  get offset(): number {
    return this.resources.region.offset;
  }

  /** The mmap(2) flags that are honoured: MAP_SYNC where it was granted, no bit that the kernel takes and ignores. With further flags the type is MAP_SHARED_VALIDATE. */
  get flags(): number {
    return this.resources.region.flags;
  }

  /** True after close(). */
  get closed(): boolean {
    return this.resources.isClosed;
  }

  /** A part of it has no file behind it any more; the 'fault' event said which and why. Every method but close() throws. */
  get faulted(): boolean {
    return this.resources.isFenced;
  }

  /** Where the first byte is in this process. 0n on the emulation. Valid until close() or a resize() that moves. */
  get address(): bigint {
    return this.resources.liveRegion('address').address;
  }

  /**
   * The descriptor behind the mapping, for a child process (`stdio: ['inherit', ..., mapping.fd]`) and for fstat(2) and the like. It is this
   * package's, with O_CLOEXEC; other mappings of the file may have the same one. Do not close it, and do not use it after close().
   * -1: there is none (closed, or memory without a file).
   *
   * @example
   * const fs = require('node:fs');
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * console.log(fs.fstatSync(mapping.fd).size); // 1048576
   * mapping.close();
   * console.log(mapping.fd); // -1
   */
  get fd(): number {
    return this.closed ? -1 : (this.resources.region.file?.fd ?? -1);
  }

  /**
   * The default length: to the end. For an offset past the end, and one that is no number (a bigint would throw here by itself), it
   * is 0: then the bounds check finds the offset wrong, and names no length, which nobody gave.
   */
  private defaultLength(offset: unknown): number {
    return typeof offset === 'number' ? Math.max(0, this.length - offset) : 0;
  }

  private get openWindows(): Windows {
    return (this.windows ??= new Windows(this, this.resources.backend.capabilities.partialArrayBuffers));
  }

  /**
   * The whole mapping as one Buffer; the same memory at each call. All of it is one ArrayBuffer (see {@link view}), which is made anew
   * after a growth.
   *
   * @throws RangeError ERR_OUT_OF_RANGE naming view() when it is larger than 1 GiB; EACCES for a mapping of mmap() without
   *   PROT_READ, or shared without PROT_WRITE.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin', { access: 'read' });
   * console.log(mapping.buffer.length, mapping.buffer.subarray(0, 4).length); // 1048576 4
   * mapping.close();
   */
  get buffer(): Buffer {
    const { length } = this.resources.liveRegion('buffer');
    if (length > MAX_VIEW)
      throw outOfRange('length', `<= ${MAX_VIEW} for one Buffer: use view(offset, length) for parts of it`, length);
    return this.view(0, length);
  }

  /**
   * Part of the mapping as a Buffer, wherever it starts; at most 1 GiB (2^30 bytes) of it.
   *
   * The ArrayBuffer behind it is larger than the view: up to 1 MiB for a view of at most 64 KiB, as long as the small views of this
   * mapping lie in no more than some 64 places; else up to 1 GiB. Some calls take all of it. `postMessage()` and
   * `structuredClone()` copy it whole; a part of it that was truncated away is SIGBUS then, though the view itself is there. A byte
   * stream (`controller.enqueue(view)`, a BYOB `read(view)`) takes it away: every other view in it has length 0 from then on, and
   * new views are good. Give such calls a copy or {@link arrayBuffer}; threads share the memory itself by {@link share}.
   *
   * For typed arrays and Atomics over a part: `new Int32Array(view.buffer, view.byteOffset, count)`. It refuses an offset that is
   * not aligned.
   *
   * @param offset - From the start of the mapping.
   * @param length - Default: to the end.
   * @throws RangeError ERR_OUT_OF_RANGE for a range outside the mapping, for length 0 and above 2^30.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const view = mapping.view(4096, 16);
   * view.writeUInt32LE(42, 0);
   * console.log(mapping.buffer.readUInt32LE(4096)); // 42
   * mapping.close();
   * console.log(view.length); // 0
   */
  view(offset = 0, length = this.defaultLength(offset)): Buffer {
    const region = this.resources.liveRegion('view');
    checkViewRange(offset, length, region.length);
    checkViewLength(length);
    checkReadable(region, 'view', this.path);
    return this.openWindows.view(region, offset, length);
  }

  /**
   * An ArrayBuffer of exactly that range, a new one at each call: for typed arrays, DataView and Atomics. Make it once and keep
   * it. Posting it to a worker copies it; use {@link share} for that. In a transfer list it is copied by Node 20, refused by Node 22
   * (DataCloneError), and moved by later ones: then its views have length 0 here, and where it went it is memory of its own, zeros, as soon
   * as this mapping is closed or its thread has ended.
   *
   * It starts at `offset`. Let that be a multiple of 8: elsewhere its typed arrays are not aligned, and no other ArrayBuffer is so.
   * Atomics on a word that crosses two cache lines are then split locks: a hundred times as slow, a burden on the whole machine, and on some
   * machines the end of the process. Where an offset may be odd use a DataView, or the recipe of {@link view}, which refuses it.
   *
   * @throws RangeError ERR_OUT_OF_RANGE as view(); the limit is the runtime's (4 GiB on Node 20).
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const words = new BigUint64Array(mapping.arrayBuffer());
   * Atomics.store(words, 512, 7n); // one store of 8 bytes, at offset 4096
   * mapping.persist(4096, 8);
   * mapping.close();
   */
  arrayBuffer(offset = 0, length = this.defaultLength(offset)): ArrayBuffer {
    const region = this.resources.liveRegion('arrayBuffer');
    checkViewRange(offset, length, region.length);
    checkReadable(region, 'arrayBuffer', this.path);
    return this.openWindows.own(region, offset, length);
  }

  /**
   * Makes stores durable: on return the bytes are where {@link Durability.domain} says. Any range, aligned or not; the
   * default is the whole mapping, and length 0 does nothing. Does nothing on access 'read' and 'copy'.
   *
   * Not promised: an order among the stores of one range, or that a store is not durable before it; more than 8 aligned
   * bytes at once. docs/durability.md has a worked example.
   *
   * @throws The errno of msync(2), e.g. EIO, ENOSPC; the mapping stays usable. Then nothing is known about the range, and
   *   a retry that succeeds proves nothing: the kernel has marked the pages clean.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.view(100, 5).write('hello');
   * mapping.persist(100, 5); // the five bytes are durable now
   * mapping.close();
   */
  persist(offset = 0, length = this.defaultLength(offset)): void {
    const region = this.resources.liveRegion('persist');
    checkRange(offset, length, region.length);
    if (length !== 0) this.tier.persist(region, offset, length);
  }

  /**
   * The first half of persist(): starts writing the range back. Durable only after {@link drain}.
   *
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * for (const offset of [0, 4096]) {
   *   mapping.view(offset, 8).fill(1);
   *   mapping.flush(offset, 8);
   * }
   * mapping.drain(); // both ranges are durable now
   * mapping.close();
   */
  flush(offset = 0, length = this.defaultLength(offset)): void {
    const region = this.resources.liveRegion('flush');
    checkRange(offset, length, region.length);
    if (length !== 0) this.tier.flush(region, offset, length);
  }

  /** The second half of persist(): every flush before it, made by this thread, is durable on return. */
  drain(): void {
    this.tier.drain(this.resources.liveRegion('drain'));
  }

  /**
   * persist() of many ranges in one call, with one drain at the end. Ranges that overlap or follow each other are joined; on
   * granularity 'page' in any order, on finer ones as far as they come in order.
   *
   * On 'page' ranges with nothing or little dirty between them are one msync(2), up to 64 MiB apart; those with more between them, or farther
   * apart, are one each, so that nobody pays for a gigabyte of other stores. Before Linux 6.5 the kernel does not tell what is
   * dirty: there ranges up to 1 MiB apart are joined. Pages that lie between may become durable too.
   *
   * @param ranges - Offset and length in turn in a Float64Array (the fast way), or an array of [offset, length] pairs.
   * @param count - How many pairs of a Float64Array are meant. Default: all of them.
   * @throws ERR_OUT_OF_RANGE naming the element (ranges before it may have been persisted); what persist() throws: then
   *   nothing is known about any of the ranges.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.buffer.fill(1, 0, 8).fill(2, 4096, 4160);
   * mapping.persistRanges([[0, 8], [4096, 64]]);
   * mapping.persistRanges(Float64Array.of(0, 8, 4096, 64)); // the same ranges, the faster form
   * mapping.close();
   */
  persistRanges(ranges: RangeList, count?: number): void {
    const list = rangesOf(ranges, count);
    const region = this.resources.liveRegion('persistRanges'); // only now: getters in the list may have closed it
    if (list.count !== 0) this.tier.persistRanges(region, list);
  }

  /**
   * Copies `source` into the mapping; the bytes are durable on return. A source that is a view of this mapping may overlap:
   * it is copied as memmove(3) does. Natively every aligned 8 bytes of the destination are stored at once, except where
   * source and destination overlap; more than 8 bytes never are.
   *
   * @param source - A Buffer, TypedArray or DataView.
   * @param offset - Where it goes, from the start of the mapping.
   * @param options - `drain: false` leaves the last step of durability to one {@link drain} after many writes.
   * @throws EACCES on access 'read'; ERR_INVALID_ARG_TYPE for a detached source; what persist() throws.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const records = [Buffer.from('one'), Buffer.from('two')];
   * records.forEach((record, i) => mapping.write(record, i * 64, { drain: false }));
   * mapping.drain(); // both records are durable now
   * mapping.close();
   */
  write(source: ArrayBufferView, offset: number, options?: { drain?: boolean | undefined }): void {
    const bytes = sourceBytes(source);
    const drain = drainOf(options);
    const region = this.resources.writableRegion('write'); // only now: getters of the two may have closed it
    const length = byteLengthOf(bytes);
    checkPlace(offset, length, region.length);
    if (length !== 0) this.tier.write(region, bytes, offset, length, drain);
  }

  /**
   * Sets every byte of a range to `value` (0 to 255); durable on return. Stores as {@link write} does.
   *
   * @throws ERR_OUT_OF_RANGE for a value that is not a byte; EACCES on access 'read'; what persist() throws.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.fill(0, 4096, 4096); // one page of zeros, durable
   * mapping.close();
   */
  fill(value: number, offset = 0, length = this.defaultLength(offset)): void {
    const region = this.resources.writableRegion('fill');
    checkSize(value, 'value');
    if (value > 255) throw outOfRange('value', '>= 0 and <= 255', value);
    checkRange(offset, length, region.length);
    if (length !== 0) this.tier.fill(region, value, offset, length);
  }

  /**
   * {@link persist}, and then past the power-fail domain: on persistent memory the region's own buffers too (deep_flush),
   * elsewhere fsync(2), which takes the file's length and blocks along. Slow; for what must survive a platform whose own
   * flush at power loss fails. Does nothing on access 'read' and 'copy'.
   *
   * @throws What persist() throws; EIO and others of fsync(2).
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.view(0, 8).fill(1);
   * mapping.deepPersist(0, 8);
   * mapping.close();
   */
  deepPersist(offset = 0, length = this.defaultLength(offset)): void {
    this.persist(offset, length);
    if (length !== 0 && this.durability.method !== 'none') deepPersist(this.resources.region, this.path);
  }

  /**
   * persist() on another thread. Stores made after the call may or may not be included.
   *
   * @param options - `signal`: takes the request back as long as it has not started.
   * @returns A promise that resolves only for bytes that reached the file: close() lets a running flush end and rejects
   *   those that have not started with ERR_MAPPING_CLOSED. EAGAIN: no thread could be started, and nothing was written.
   * @example
   * import { map } from 'mapdirect';
   * const mapping = map('data.bin');
   * mapping.view(0, 8).fill(1);
   * await mapping.persistAsync(0, 8);
   * mapping.close();
   */
  async persistAsync(
    offset = 0,
    length = this.defaultLength(offset),
    options?: { signal?: AbortSignal | undefined },
  ): Promise<void> {
    const region = this.resources.liveRegion('persistAsync');
    checkRange(offset, length, region.length);
    const { signal } = checkOptions<{ signal?: AbortSignal }>(options, 'options', ['signal']);
    checkSignal(signal);
    throwIfAborted(signal);
    if (length === 0) return;
    await flushQueue.add(
      { owner: this, lane: region.file ?? this },
      { offset, length },
      (range) => this.flushNow(range),
      signal,
    );
  }

  /** A queued flush whose turn has come; the mapping may be shorter by now. */
  private async flushNow({ offset, length }: FlushRange): Promise<void> {
    const region = this.resources.liveRegion('persistAsync');
    checkRange(offset, length, region.length);
    await this.tier.persistAsync(region, offset, length);
    this.resources.checkFence(); // over a fenced region a flush succeeds and proves nothing
  }

  /**
   * Tells the kernel how a range will be used: madvise(2). 'remove' punches a hole into the file and 'dontneed' drops a
   * private mapping's own changes; both want whole pages (whole huge pages where it has those). The end of the mapping may lie inside
   * a page; for 'remove' only if the file ends there too, since a hole is made of whole pages.
   *
   * @throws ERR_INVALID_ARG_VALUE for an unknown word; ETXTBSY for 'remove' while the file is sealed; EINVAL for 'remove' and 'dontneed' of a part of a page,
   *   for 'remove' of memory that is locked (unlock() it first: what lies before it has its hole by then), and where kernel or file system do not know the advice;
   *   ENOMEM near vm.max_map_count: advice for a part splits the mapping.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.advise('sequential');
   * mapping.advise('willneed', 0, 65536);
   * mapping.close();
   * @example
   * // Native only: the emulation has no holes to punch.
   * const { constants, extents, map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.advise('remove', 0, constants.PAGE_SIZE);
   * console.log(mapping.buffer[0], extents('data.bin')[0].flags[0]); // 0 hole
   * mapping.close();
   */
  advise(advice: Advice, offset = 0, length = this.defaultLength(offset)): void {
    advise(this.resources, advice, offset, length);
  }

  /**
   * Brings pages into memory on another thread, so that touching them later does not block the loop. In parts of 64 MiB.
   *
   * @param options - `write`: make them writable too (on access 'write' only); `signal`: stops between two parts.
   * @throws ERR_OUT_OF_RANGE, also for a part that a resize() has cut off meanwhile; ENOSPC, EFAULT, ENOMEM where a page cannot be had.
   * @example
   * import { map } from 'mapdirect';
   * const mapping = map('data.bin');
   * await mapping.prefetch(0, 65536, { write: true });
   * mapping.close();
   */
  async prefetch(
    offset = 0,
    length = this.defaultLength(offset),
    options?: { signal?: AbortSignal | undefined; write?: boolean | undefined },
  ): Promise<void> {
    await prefetch(this.resources, offset, length, options);
  }

  /**
   * prefetch() on this thread: pages present on return, writable too on access 'write'. Never write-faults a private mapping.
   *
   * @throws ENOSPC, EFAULT, ENOMEM where a page cannot be had.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.populate(0, 65536);
   * const { pages, resident } = mapping.residency(0, 65536);
   * console.log(resident === pages); // true
   * mapping.close();
   */
  populate(offset = 0, length = this.defaultLength(offset)): void {
    populate(this.resources, offset, length);
  }

  /**
   * How many pages the range touches and how many of them are in memory: mincore(2). Blocks for some 20 ms for each GiB: ask for parts of a large one.
   *
   * Not promised: anything on DAX; and of a file that this user neither owns nor may write, as is usual with access 'read', Linux says since 5.2
   * that all of its pages are in memory.
   *
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const { pages, resident } = mapping.residency();
   * console.log(`${resident} of ${pages} pages are in memory`); // e.g. 256 of 256 pages are in memory
   * mapping.close();
   */
  residency(offset = 0, length = this.defaultLength(offset)): { pages: number; resident: number } {
    return residency(this.resources, offset, length);
  }

  /**
   * Keeps the pages of a range in memory: mlock2(2). More than the memory limit of the cgroup is no error: its OOM killer ends the process.
   *
   * @throws ENOMEM, EPERM: RLIMIT_MEMLOCK; ENOMEM: vm.max_map_count.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.lock(0, 4096);
   * mapping.unlock(0, 4096);
   * mapping.close();
   */
  lock(offset = 0, length = this.defaultLength(offset)): void {
    setLocked(this.resources, 'lock', offset, length);
  }

  /** Takes lock() back for whole pages of the range: munlock(2). @throws ENOMEM: vm.max_map_count, when it leaves many islands that are locked. */
  unlock(offset = 0, length = this.defaultLength(offset)): void {
    setLocked(this.resources, 'unlock', offset, length);
  }

  /**
   * Changes the length of the mapping. Growing makes the file longer, with blocks allocated, where it is shorter; shrinking
   * never truncates it. Within `reserve` the mapping grows in place and views stay valid; otherwise it moves: address
   * and views are new, the old views have length 0, and handles of {@link share} from before are no longer good. Shrinking detaches the views whose window reaches past the new end.
   *
   * `lock` and `advice` of map() (not 'dontneed' and 'remove') hold for the new part too; while a locked mapping moves, both places count
   * against RLIMIT_MEMLOCK.
   *
   * After a shrink that cut off a window, growing moves until garbage collection has shown that nobody uses that window
   * any more: a request in flight would otherwise write into the new part.
   *
   * @throws ETXTBSY while the file is sealed (not for the owner of an exclusive seal); EBUSY while pinned, and for shrinking while an asynchronous flush or prefetch runs; ENOSPC; ENOMEM where `lock: true` is more than RLIMIT_MEMLOCK allows, and near vm.max_map_count; EACCES when access 'read' or 'copy' would have to make the file longer; EINVAL past the end of a device;
   *   EOPNOTSUPP when a private mapping ('read', 'copy') would have to move: give it a reserve.
   * @example
   * // Native only: the emulation detaches every earlier view.
   * const { map } = require('mapdirect');
   * const mapping = map('new.bin', { create: true, size: 4096, reserve: 2 ** 20 });
   * const view = mapping.view(0, 16);
   * mapping.resize(8192); // within `reserve`
   * console.log(mapping.length, view.length); // 8192 16
   * mapping.close();
   */
  resize(length: number): void {
    resize(this.resources, this.windows, length);
  }

  /**
   * Holds the memory for a request that takes long: a write to a file or a socket, asynchronous zlib and crypto, RDMA, an io_uring. Until it is
   * released close() and resize() throw EBUSY, and the mapping is not garbage collected. A thread that ends, or is terminated, with a
   * pin that was not released leaves its addresses reserved for the life of the process: the native user finds memory of its
   * own there, no longer the file.
   *
   * @example
   * const zlib = require('node:zlib');
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin', { access: 'read' });
   * const pin = mapping.pin();
   * zlib.deflate(mapping.buffer, (error, compressed) => {
   *   pin.release();
   *   mapping.close();
   *   console.log(error, compressed.length > 0); // null true
   * });
   */
  pin(): Pin {
    const unpin = this.resources.pin();
    pinnedMappings.add(this);
    return pinFor(() => {
      unpin();
      if (!this.resources.isPinned) pinnedMappings.delete(this);
    });
  }

  /**
   * A handle that a worker thread (postMessage) or a child process (with the descriptor inherited) gives to {@link attach}.
   * It is good until close(), or until a resize() moves the mapping: then share() anew.
   *
   * @throws EINVAL on access 'copy' (the copy is this mapping's own) and on memory without a file, that of /dev/zero too.
   * @example
   * const { attach, map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const handle = structuredClone(mapping.share()); // postMessage() clones in the same way
   * const other = attach(handle);
   * mapping.close();
   * console.log(other.closed, other.length); // false 1048576
   * other.close();
   */
  share(): MappingHandle {
    return handleOf(this.resources);
  }

  /** The seals of this mapping that were not released: the one of `direct`, and those of seal(). */
  get seals(): readonly Seal[] {
    return this.resources.seals;
  }

  private sealRequest(options: unknown): SealRequest {
    const parsed = parseSealOptions(options);
    return sealRequest(this.resources, parsed); // only now: getters of the options may have closed it
  }

  private addSeal(holder: SealHolder): Seal {
    this.sealing ??= new MappingSeals({
      resources: this.resources,
      fence: () => this.fence(),
      setFenceChecked: (isChecked) => this.setFenceChecked(isChecked),
    });
    return this.sealing.add(holder, this.resources.region);
  }

  /** The lease of a breakable seal may have ended, and this thread does not know it yet. @throws ERR_MAPPING_FAULT. */
  private checkLease({ isFenced }: Region): void {
    if (isFenced) this.fence();
    this.resources.checkFence();
  }

  /** Whether each flush checks at its end that no lease has fenced the mapping. */
  private setFenceChecked(isChecked: boolean): void {
    const tier = tierFor(this.durability);
    this.tier = isChecked ? fenceChecked(tier, (region) => this.checkLease(region)) : tier;
  }

  /**
   * Seals the whole file: from now on its block map may not change. With `prepare: 'allocate'` every byte first gets a
   * written block of the file's own; no byte is stored. The seal ends with release(), and with this mapping.
   *
   * @param options - See {@link SealOptions}. Default: policy 'refuse', enforcement 'advisory', prepare 'allocate'.
   * @throws EOPNOTSUPP: no seals on this file system, or none as strong, with the remedy. ETXTBSY with `offset` and
   *   `flags` of the first extent that prevents the seal. EBUSY: another seal, or an operation that runs. EFBIG: more
   *   than 1 GiB would have to be allocated or converted; use {@link sealAsync}. ENOSPC. EINVAL on private and anonymous
   *   mappings, EACCES on access 'read'. EAGAIN for enforcement 'lease' if the file has another open. ESTALE: the file
   *   is shorter than the mapping.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const seal = mapping.seal();
   * console.log(seal.enforcement, seal.policy); // advisory refuse
   * seal.release();
   * mapping.close();
   */
  seal(options?: SealOptions): Seal {
    return this.addSeal(runSync(acquireSeal(this.sealRequest(options))));
  }

  /**
   * {@link seal} whose preparation runs off the main thread, without a limit of its size.
   *
   * @param options - See {@link AsyncSealOptions}.
   * @throws As seal(), by rejection; the reason of the signal; ERR_MAPPING_CLOSED if the mapping was closed meanwhile.
   * @example
   * import { map } from 'mapdirect';
   * const mapping = map('data.bin');
   * const seal = await mapping.sealAsync({ signal: AbortSignal.timeout(60_000) });
   * console.log(seal.state, mapping.seals.length); // held 1
   * mapping.close();
   * console.log(seal.state); // released
   */
  async sealAsync(options?: AsyncSealOptions): Promise<Seal> {
    const { signal, onProgress, rest } = splitSealOptions(options);
    const request = this.sealRequest(rest);
    checkSignal(signal);
    checkProgress(onProgress);
    throwIfAborted(signal);
    const holder = await runAsync(acquireSeal({ ...request, onProgress }), signal);
    if (!this.closed) return this.addSeal(holder);
    holder.release();
    throw mappingClosed('sealAsync');
  }

  /** After this call nothing of the mapping reaches the file. */
  private fence(): void {
    const { resources, closed } = this;
    if (resources.isFenced) return;
    const { region } = resources;
    resources.isFenced = true; // also if it is closed: a flush that still runs proves nothing
    this.windows?.detachAll(region);
    region.fence();
    if (!closed) this.emit('fault', { offset: 0, length: region.length, reason: 'fenced' });
  }

  /**
   * Unmaps. Every view becomes length 0. A request that still works on a view (fs.write, a socket, zlib) finds zeros or nothing in its
   * place, most often without an error: await it first, or hold the mapping with {@link pin}. Never one byte of another file.
   *
   * Asynchronous flushes that run end first, and only then its seals; those that wait are rejected. Calling
   * it again does nothing. It persists nothing: what the kernel has in its page cache it writes back in its own time.
   * A view whose ArrayBuffer went through markAsUntransferable() keeps its length on Node >= 24, over zeros that belong to no file.
   * With the last mapping of a file and access a descriptor is closed, and Linux ends this process's record locks (F_SETLK) on it; on overlay, FUSE,
   * NFS and the like (docs/seals.md) with each.
   *
   * Where asynchronous calls still run the pages go after them. If that fails then (ENOMEM, at vm.max_map_count) the mapping stays closed, nothing is
   * rejected for it, descriptor and seals are kept, and it is tried again until it succeeds: process warning MAPDIRECT_UNCLOSED.
   *
   * @throws EBUSY while pinned; ENOMEM natively at vm.max_map_count, and, while views are in use, where memory may not be overcommitted
   *   (vm.overcommit_memory = 2); on the emulation ENOSPC and others of write(2). The mapping then is still open: close it again.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const view = mapping.view(0, 16);
   * mapping.close();
   * console.log(mapping.closed, view.length); // true 0
   */
  close(): void {
    const { resources } = this;
    if (resources.isClosed) return;
    resources.checkUnpinned('close');
    this.windows?.detachAll(resources.region);
    try {
      resources.close();
    } finally {
      if (resources.isClosed) this.dropRequests();
    }
  }

  private dropRequests(): void {
    this.windows = undefined;
    flushQueue.drop(this, () => mappingClosed('persistAsync'));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** For JSON.stringify() and loggers. Also of a closed mapping. */
  toJSON(): MappingInfo {
    return mappingInfo(this);
  }

  /** One line for console.log() and util.inspect(), without internals. Also of a closed mapping. */
  [inspect.custom](_depth: number, options: InspectOptionsStylized, print: typeof inspect): string {
    return inOneLine('Mapping', Object.hasOwn(this, 'resources') ? this.toJSON() : undefined, options, print);
  }

  get [Symbol.toStringTag](): string {
    return 'Mapping';
  }
}

/** Makes a Mapping, which owns the region and the seal from now on. @internal */
export function mappingOf(parts: MappingParts): Mapping {
  return construct(parts);
}

/** populate() of the whole mapping. `onPart` is called after each part. @internal */
export function populateMapping(mapping: Mapping, onPart: (done: number) => void): Operation<void> {
  return populateAll(resourcesOf(mapping), onPart);
}
