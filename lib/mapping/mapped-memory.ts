import type { Fault, Region } from '../backend/region.js';
import type { Access } from '../core/access.js';
import { channels } from '../core/channels.js';
import { mappingFault, outOfRange, type FaultReason } from '../core/errors.js';
import { LazyEmitter } from '../core/lazy-emitter.js';
import { durabilityOf, withReasons, type Durability } from '../durability/durability.js';
import { watchFaults } from './fault-watch.js';
import { tracesLeaks } from './leak-trace.js';
import { publishFault, publishMap } from './messages.js';
import { Requests } from './requests.js';
import { MappingResources, type MappingFacts } from './resources.js';
import { violateSeals } from '../seals/violate.js';
import { checkReadable, checkViewLength, checkViewRange } from './view-checks.js';
import { MAX_VIEW, Windows } from './windows.js';

const NOT_CLONED = Symbol(
  'A Mapping belongs to its thread; post mapping.share(), and attach() that in the other one. A Mapping',
);

/** The events of a mapping, with the argument of their listeners. */
export interface MappingEvents {
  /** A part has no file behind it any more: `length` bytes at `offset` bytes from the start of the mapping. */
  fault: { readonly offset: number; readonly length: number; readonly reason: FaultReason };
}

/** The part of {@link Mapping} that gives access to the bytes: its properties and its views. */
export abstract class MappedMemory extends LazyEmitter<MappingEvents> {
  /** @internal */
  protected readonly resources: MappingResources;
  /** @internal */
  protected windows: Windows | undefined;
  /** undefined: no request has begun. @internal */
  protected openRequests: Requests | undefined;

  /** @param reasons - further reasons for `durability`. @internal */
  protected constructor(facts: MappingFacts, reasons: readonly string[]) {
    super(NOT_CLONED);
    try {
      tracesLeaks(); // it throws for a wrong word in the environment
      const durability = withReasons(durabilityOf(facts.region, facts.backend), reasons);
      this.resources = new MappingResources(facts, durability);
    } catch (error) {
      facts.region.close();
      throw error;
    }
    publishMap(this.resources, this.resources.durability);
    if (channels.fault.hasSubscribers) this.watchFaults();
  }

  /** 'read', 'write' or 'copy', as asked for. */
  get access(): Access {
    return this.resources.access;
  }

  /** The guarantee of persist() on this mapping. */
  get durability(): Durability {
    return this.resources.durability;
  }

  /** The path as map() got it; undefined for a descriptor and for anonymous memory. */
  get path(): string | undefined {
    return this.resources.path;
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
   * A range has no file behind it any more; the 'fault' event names range and reason. A flush or write that touches the
   * range throws ERR_MAPPING_FAULT, until {@link Mapping.remap}. After reason 'fenced' every method but close() throws.
   */
  get faulted(): boolean {
    const { resources } = this;
    this.noteFaults();
    return resources.isFenced || resources.lostRanges.length > 0;
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

  /** @internal */
  protected get requests(): Requests {
    return (this.openRequests ??= new Requests());
  }

  /**
   * The default length: to the end of the mapping. An offset past the end, or one that is no number, yields 0 here; the
   * bounds check then reports the offset.
   *
   * @internal
   */
  protected defaultLength(offset: unknown): number {
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
   * `structuredClone()` copy it, and a part that was truncated away is a fault then. A byte stream
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

  /** @internal */
  protected override beforeListener(event: keyof MappingEvents): void {
    if (event === 'fault') this.watchFaults();
  }

  /** From now on faults are noted in a turn of the event loop, too. @internal */
  protected watchFaults(): void {
    watchFaults(this.resources.backend.faultEvents, this);
  }

  /** Looks for new faults, and emits their events. @internal */
  noteFaults(): void {
    this.announce(this.resources.collectFaults());
  }

  private announce(faults: readonly Fault[]): void {
    if (faults.length > 0) this.resources.revokeRegistrations('violated'); // a peer must not use lost pages
    for (const fault of faults) {
      violateSeals(this.resources.region, fault);
      publishFault(this.path, fault);
      this.emit('fault', fault);
    }
  }

  /**
   * For the end of a flush, or of a copy: what it did to lost pages proves nothing. Costs one comparison while there is
   * no fault. @throws ERR_MAPPING_FAULT: bytes of the range are lost. @internal
   */
  protected checkFaults(region: Region, offset: number, length: number): void {
    const { resources } = this;
    if (region.faultCount[0] !== resources.faultMark) this.refuseLost(() => resources.lostIn(offset, length));
  }

  /** @throws ERR_MAPPING_FAULT: a fault has come since the last call. @internal */
  protected checkUndrained(region: Region): void {
    const { resources } = this;
    if (region.faultCount[0] !== resources.faultMark) this.refuseLost(() => resources.takeUndrained());
  }

  private refuseLost(find: () => Fault | undefined): void {
    const faults = this.resources.collectFaults();
    const lost = find(); // before a listener can change it
    this.announce(faults);
    if (lost !== undefined) throw mappingFault(lost, this.path);
  }

  /** The range is checked. @internal */
  protected copyOf(region: Region, offset: number, length: number): Buffer {
    return Buffer.from(this.openWindows.innerView(region, offset, length));
  }

  /**
   * After this call nothing of the mapping reaches the file, and no registration of it can be used.
   *
   * @returns false: the end of a registration is not confirmed. The pages stay. @internal
   */
  protected fence(): boolean {
    const { resources, closed } = this;
    if (resources.isFenced) return true;
    const { region } = resources;
    if (!resources.revokeRegistrations('broken')) return false;
    resources.isFenced = true; // also after close(): a flush that still runs proves nothing
    this.windows?.detachAll(region);
    region.fence();
    if (closed) return true;
    const fault = { offset: 0, length: region.length, reason: 'fenced' } as const;
    publishFault(this.path, fault);
    this.emit('fault', fault);
    return true;
  }

  /**
   * The lease of a breakable seal may have ended, and this thread does not know it yet. @throws ERR_MAPPING_FAULT.
   * @internal
   */
  protected checkLease({ isFenced }: Region): void {
    if (isFenced) this.fence();
    this.resources.checkFence();
  }
}
