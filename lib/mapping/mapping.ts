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

/** The events of a mapping, with the argument of their listeners. */
export interface MappingEvents {
  fault: { readonly offset: number; readonly length: number; readonly reason: FaultReason };
}

/**
 * A mapped range of a file, or of anonymous memory.
 *
 * Close it: `using mapping = map(...)`, or `close()`. Then every view has length 0, and every method throws
 * ERR_MAPPING_CLOSED. Garbage collection unmaps a mapping that was never closed, some time after neither it nor a view
 * of it can be reached. `stats().leaked` counts such mappings.
 *
 * Event 'fault' ({ offset, length, reason }): the range has no file behind it any more. Reason 'fenced': a breakable
 * seal of the mapping was broken at its deadline (docs/seals.md).
 *
 * Not promised: that the file keeps its length. If another process truncates the file, an access to the lost part is
 * SIGBUS, which ends the process.
 */
export class Mapping extends LazyEmitter<MappingEvents> implements Disposable {
  /** 'read', 'write' or 'copy', as asked for. */
  readonly access: Access;
  /** The guarantee of persist() on this mapping. */
  readonly durability: Durability;
  /** The path as map() got it; undefined for a descriptor and for anonymous memory. */
  readonly path: string | undefined;

  private readonly resources: MappingResources;
  private tier: Tier;
  private windows: Windows | undefined;
  /** undefined: the mapping was never sealed. */
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

  /** The start of the mapping in the file, in bytes. */
  get offset(): number {
    return this.resources.region.offset;
  }

  /**
   * The mmap(2) flags in effect: MAP_SYNC if it was granted, and no bit that the kernel accepts and ignores. With
   * further flags the type is MAP_SHARED_VALIDATE.
   */
  get flags(): number {
    return this.resources.region.flags;
  }

  /** True after close(). */
  get closed(): boolean {
    return this.resources.isClosed;
  }

  /**
   * A range has no file behind it any more; the 'fault' event names range and reason. Every method but close() throws.
   */
  get faulted(): boolean {
    return this.resources.isFenced;
  }

  /**
   * The address of the first byte in this process; 0n on the emulation. Valid until close() or a resize() that moves.
   */
  get address(): bigint {
    return this.resources.liveRegion('address').address;
  }

  /**
   * The descriptor behind the mapping: for a child process (`stdio: ['inherit', ..., mapping.fd]`), for fstat(2) and
   * the like. It belongs to this package and has O_CLOEXEC. Other mappings of the file may share it. Do not close it,
   * and do not use it after close(). -1: the mapping is closed, or its memory has no file.
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
   * The default length: to the end of the mapping. An offset past the end, or one that is no number, yields 0 here; the
   * bounds check then reports the offset.
   */
  private defaultLength(offset: unknown): number {
    return typeof offset === 'number' ? Math.max(0, this.length - offset) : 0;
  }

  private get openWindows(): Windows {
    return (this.windows ??= new Windows(this, this.resources.backend.capabilities.partialArrayBuffers));
  }

  /**
   * The whole mapping as one Buffer, over the same memory at each call. All of it is one ArrayBuffer (see {@link
   * view}); a growth of the mapping makes a new one.
   *
   * @throws ERR_OUT_OF_RANGE (RangeError) naming view(): the mapping is larger than 1 GiB. EACCES: a mapping of mmap()
   *   without PROT_READ, or shared without PROT_WRITE.
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
   * A part of the mapping as a Buffer, at any offset; at most 1 GiB (2^30 bytes).
   *
   * The ArrayBuffer behind a view is larger than the view. A view of at most 64 KiB has an ArrayBuffer of up to 1 MiB,
   * as long as the small views of this mapping lie in at most some 64 places. Other views have one of up to 1 GiB.
   *
   * Some calls take the whole ArrayBuffer; give them a copy, or {@link arrayBuffer}. `postMessage()` and
   * `structuredClone()` copy it: that is SIGBUS if any part of it was truncated away. A byte stream
   * (`controller.enqueue(view)`, a BYOB `read(view)`) transfers it: all its other views have length 0 then; new views
   * work. Threads share the memory itself by {@link share}.
   *
   * For typed arrays and Atomics over a part: `new Int32Array(view.buffer, view.byteOffset, count)`. It refuses an
   * unaligned offset.
   *
   * @param offset - Bytes from the start of the mapping. Default: 0.
   * @param length - Bytes. Default: to the end.
   * @throws ERR_OUT_OF_RANGE (RangeError): a range outside the mapping, length 0, or more than 2^30 bytes. EACCES as
   *   {@link buffer}.
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
   * An ArrayBuffer of exactly that range, for typed arrays, DataView and Atomics. Each call makes a new one: make it
   * once and keep it.
   *
   * Posting it to a worker copies it; use {@link share} instead. In a transfer list Node 20 copies it, Node 22 refuses
   * it (DataCloneError), and later versions move it: its views here have length 0 then, and the receiver's memory
   * becomes zeros of its own when this mapping is closed or its thread ends.
   *
   * It starts at `offset`, which should be a multiple of 8. At other offsets its typed arrays are unaligned. An Atomics
   * call on a word that crosses two cache lines is a split lock: a hundred times as slow, a load on the whole machine,
   * and on some machines the end of the process. For an odd offset use a DataView, or the recipe of {@link view}.
   *
   * @throws ERR_OUT_OF_RANGE (RangeError) as view(); the limit of `length` is the runtime's (4 GiB on Node 20). EACCES
   *   as {@link buffer}.
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
   * Makes stores durable: on return the bytes of the range have reached {@link Durability.domain}. The range need not
   * be aligned; length 0 does nothing. On access 'read' and 'copy' it does nothing.
   *
   * Not promised: an order among the stores of one range; that a store becomes durable only with this call; that more
   * than 8 aligned bytes become durable at once. docs/durability.md has a worked example.
   *
   * @throws The errno of msync(2), for instance EIO or ENOSPC. The mapping stays usable, but nothing is known about the
   *   range. A retry that succeeds proves nothing: the kernel has marked the pages clean.
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
   * The first half of persist(): starts the write-back of the range. The range is durable only after {@link drain}.
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

  /** The second half of persist(): on return every earlier flush() of this thread is durable. */
  drain(): void {
    this.tier.drain(this.resources.liveRegion('drain'));
  }

  /**
   * persist() of many ranges in one call, with one drain at the end. Ranges that overlap or touch are joined: on
   * granularity 'page' in any order, on finer ones if they come in order.
   *
   * On 'page', ranges up to 64 MiB apart share one msync(2) if few dirty pages lie between them; other ranges get one
   * each. Before Linux 6.5 the kernel does not say which pages are dirty, and ranges up to 1 MiB apart share one. Pages
   * between the ranges may become durable, too.
   *
   * @param ranges - Offset and length in turn in a Float64Array (the fast form), or an array of [offset, length] pairs.
   * @param count - The number of pairs of a Float64Array to use. Default: all.
   * @throws ERR_OUT_OF_RANGE naming the element; ranges before it may be durable. The errors of persist(): then nothing
   *   is known about any of the ranges.
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
    const region = this.resources.liveRegion('persistRanges'); // after rangesOf(): a getter in the list may close it
    if (list.count !== 0) this.tier.persistRanges(region, list);
  }

  /**
   * Copies `source` into the mapping; on return the bytes are durable. `source` may be a view of this mapping and
   * overlap the destination: the copy is that of memmove(3). The native backend stores every aligned 8 bytes of the
   * destination at once, except where the two overlap. No backend stores more than 8 bytes at once.
   *
   * @param source - A Buffer, TypedArray or DataView.
   * @param offset - The destination, in bytes from the start of the mapping.
   * @param options - `drain: false`: the bytes are durable only after {@link drain}. One drain() serves many writes.
   * @throws EACCES on access 'read'; ERR_INVALID_ARG_TYPE for a detached source; the errors of persist().
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
    const region = this.resources.writableRegion('write'); // after both: a getter of the two may close it
    const length = byteLengthOf(bytes);
    checkPlace(offset, length, region.length);
    if (length !== 0) this.tier.write(region, bytes, offset, length, drain);
  }

  /**
   * Sets every byte of a range to `value` (0 to 255); on return the bytes are durable. Stores as {@link write} does.
   *
   * @throws ERR_OUT_OF_RANGE for a value that is not a byte; EACCES on access 'read'; the errors of persist().
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
   * {@link persist}, and then past the power-fail domain: on persistent memory it empties the buffers of the region
   * (deep_flush), elsewhere it is fsync(2), which includes the length and the blocks of the file. Slow. It protects
   * against a failure of the platform's own flush at power loss. On access 'read' and 'copy' it does nothing.
   *
   * @throws The errors of persist(); EIO and others of fsync(2).
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
   * @param options - `signal`: takes the request back if it has not started.
   * @returns A promise that resolves only for bytes that reached the file. close() lets a running flush end, and
   *   rejects the waiting ones with ERR_MAPPING_CLOSED.
   * @throws By rejection: the errors of persist(); the reason of the signal; EAGAIN: no thread could be started, and
   *   nothing was written.
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

  /** Runs a queued flush. The mapping may have become shorter since it was queued. */
  private async flushNow({ offset, length }: FlushRange): Promise<void> {
    const region = this.resources.liveRegion('persistAsync');
    checkRange(offset, length, region.length);
    await this.tier.persistAsync(region, offset, length);
    this.resources.checkFence(); // over a fenced region a flush succeeds and proves nothing
  }

  /**
   * Tells the kernel how a range will be used: madvise(2). 'remove' punches a hole into the file. 'dontneed' drops the
   * changes of a private mapping. Both need whole pages (whole huge pages where the mapping has those). The end of the
   * mapping may lie inside a page; for 'remove' only if the file ends there, too, because a hole consists of whole
   * pages.
   *
   * @throws ERR_INVALID_ARG_VALUE for an unknown word. ETXTBSY for 'remove' while the file is sealed. EACCES for
   *   'remove' without access 'write'. EINVAL for 'remove' and 'dontneed' of a part of a page; for 'remove' of locked
   *   memory (unlock() it first; the part before it is a hole by then); and for advice that the kernel or the file
   *   system does not know. ENOMEM near vm.max_map_count: advice for a part splits the mapping.
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
   * Brings pages into memory on another thread, in parts of 64 MiB, so that a later access does not block the event
   * loop.
   *
   * @param options - `write`: make the pages writable, too (only on access 'write'). `signal`: stops between two parts.
   * @throws By rejection: ERR_OUT_OF_RANGE, also for a part that a resize() cut off meanwhile; ENOSPC, EFAULT or ENOMEM
   *   for a page that cannot be brought in; the reason of the signal.
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
   * prefetch() on this thread: on return the pages are present, on access 'write' also writable. A private mapping gets
   * no write faults.
   *
   * @throws ENOSPC, EFAULT, ENOMEM: a page cannot be brought in.
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
   * Counts the pages that the range touches, and those of them that are in memory: mincore(2). It blocks for some 20 ms
   * for each GiB; ask for parts of a large mapping.
   *
   * Not promised: a meaning on DAX. For a file that this user neither owns nor may write (usual with access 'read'),
   * Linux 5.2 and later reports all pages as present.
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
   * Keeps the pages of a range in memory: mlock2(2). Exceeding the memory limit of the cgroup is no error: the OOM
   * killer of the cgroup ends the process.
   *
   * @throws ENOMEM, EPERM: RLIMIT_MEMLOCK. ENOMEM: vm.max_map_count.
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

  /**
   * Undoes lock() for the whole pages of the range: munlock(2).
   *
   * @throws ENOMEM: vm.max_map_count, if many separate locked parts remain.
   */
  unlock(offset = 0, length = this.defaultLength(offset)): void {
    setLocked(this.resources, 'unlock', offset, length);
  }

  /**
   * Changes the length of the mapping. Growing makes a shorter file longer, with blocks allocated. Shrinking never
   * truncates the file; it detaches the views whose window reaches past the new end.
   *
   * Within `reserve` the mapping grows in place, and views stay valid. Otherwise it moves: the address changes, the old
   * views have length 0, and earlier handles of {@link share} are invalid. After a shrink that detached a window,
   * growing moves until garbage collection has shown that the window is unused: otherwise a request in flight could
   * write into the new part.
   *
   * `lock` and `advice` of map() (not 'dontneed' and 'remove') apply to the new part, too. While a locked mapping
   * moves, RLIMIT_MEMLOCK counts both places.
   *
   * @throws ETXTBSY: the file is sealed (not for the owner of an exclusive seal). EBUSY: the mapping is pinned, or it
   *   would shrink while an asynchronous flush or prefetch runs. ENOSPC. ENOMEM: `lock: true` exceeds RLIMIT_MEMLOCK,
   *   or vm.max_map_count is near. EACCES: access 'read' or 'copy' would have to make the file longer. EINVAL: past the
   *   end of a device. EOPNOTSUPP: a private mapping ('read', 'copy') would have to move; give it a reserve.
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
   * Holds the memory for a long request: a write to a file or a socket, asynchronous zlib and crypto, RDMA, an
   * io_uring. Until the pin is released, close() and resize() throw EBUSY, and garbage collection does not unmap the
   * mapping.
   *
   * If a thread ends, or is terminated, with an unreleased pin, its addresses stay reserved for the life of the
   * process. The native user finds private memory there, not the file.
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
   * A handle to give to a worker thread (postMessage), or to a child process that inherits the descriptor, for
   * {@link attach}. It is valid until close(), and until a resize() moves the mapping; then call share() again.
   *
   * @throws EINVAL on access 'copy' (the copy belongs to this mapping), and for memory without a file or of /dev/zero.
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

  /** The seals of this mapping that were not released: those of `direct` and of seal(). */
  get seals(): readonly Seal[] {
    return this.resources.seals;
  }

  private sealRequest(options: unknown): SealRequest {
    const parsed = parseSealOptions(options);
    return sealRequest(this.resources, parsed); // after the options: a getter may close it
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
   *   than 1 GiB would have to be allocated or converted; use {@link sealAsync}. ENOSPC. EINVAL on private and
   *   anonymous mappings, EACCES on access 'read'. EAGAIN for enforcement 'lease' if the file has another open. ESTALE:
   *   the file is shorter than the mapping.
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
    resources.isFenced = true; // also after close(): a flush that still runs proves nothing
    this.windows?.detachAll(region);
    region.fence();
    if (!closed) this.emit('fault', { offset: 0, length: region.length, reason: 'fenced' });
  }

  /**
   * Unmaps. Every view has length 0 then. A second call does nothing. It persists nothing: the kernel writes its page
   * cache back later.
   *
   * A request that still uses a view (fs.write, a socket, zlib) finds zeros or nothing in its place, mostly without an
   * error, and never a byte of another file. Await it first, or hold the mapping with {@link pin}. A view whose
   * ArrayBuffer went through markAsUntransferable() keeps its length on Node >= 24, over zeros that belong to no file.
   *
   * Running asynchronous flushes end first; the pages and the seals of the mapping end after them. Waiting flushes are
   * rejected. If the pages cannot be unmapped then (ENOMEM, at vm.max_map_count), the mapping stays closed, no promise
   * is rejected, descriptor and seals are kept, and a timer retries until it succeeds: process warning
   * MAPDIRECT_UNCLOSED.
   *
   * The last mapping of a file and access closes a descriptor: Linux ends the record locks (F_SETLK) of this process on
   * the file. On overlay, FUSE, NFS and the like (docs/seals.md) each mapping does.
   *
   * @throws The mapping is still open after an error; close it again. EBUSY: it is pinned. ENOMEM on the native
   *   backend: at vm.max_map_count, and, while views are in use, where memory may not be overcommitted
   *   (vm.overcommit_memory = 2). On the emulation: ENOSPC and others of write(2).
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

  /** For JSON.stringify() and loggers. Works on a closed mapping, too. */
  toJSON(): MappingInfo {
    return mappingInfo(this);
  }

  /** One line for console.log() and util.inspect(), without internals. Works on a closed mapping, too. */
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
