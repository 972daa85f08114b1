import { inspect, type InspectOptionsStylized } from 'node:util';
import { publishError } from '../core/channels.js';
import { illegalConstructor, mappingClosed } from '../core/errors.js';
import { inOneLine } from '../core/inspect-line.js';
import { runAsync, runSync, type Operation } from '../core/sync-or-async.js';
import { checkProgress, checkSignal, throwIfAborted } from '../core/validators.js';
import type { RegisterOptions } from '../registration/options.js';
import type { Registration } from '../registration/registration.js';
import { acquireSeal, type SealRequest } from '../seals/acquire.js';
import { parseSealOptions, splitSealOptions, type AsyncSealOptions, type SealOptions } from '../seals/options.js';
import type { Seal } from '../seals/seal.js';
import type { SealHolder } from '../seals/seal-holder.js';
import { ClosableMemory } from './closable-memory.js';
import { handleOf, type MappingHandle } from './handle.js';
import { mappingInfo, type MappingInfo } from './mapping-info.js';
import { MappingRegistrations } from './mapping-registrations.js';
import { MappingSeals, sealRequest } from './mapping-seals.js';
import { placeOf } from './owned-window.js';
import { populateAll } from './paging.js';
import { resize } from './resize.js';
import { sharedBuffer } from './shared-buffer.js';
import { leaveToCollector, track, type MappingFacts, type MappingResources } from './resources.js';
import { spanOf } from './span-of.js';

/** A Mapping is made of these. Each is named: a missing one would be looked up in Object.prototype. @internal */
export interface MappingParts extends MappingFacts {
  /** The seal of `direct`. */
  readonly seal: SealHolder | undefined;
  /** Further reasons for `durability`. */
  readonly reasons: readonly string[];
}

// Only this file can give it to the constructor.
const KEY = Symbol('the key of the constructor');

let construct: (parts: MappingParts) => Mapping;
let resourcesOf: (mapping: Mapping) => MappingResources;

/**
 * A mapped range of a file, or of anonymous memory.
 *
 * Close it: `using mapping = map(...)`, or `close()`. Then every view has length 0, and every method throws
 * ERR_MAPPING_CLOSED. A request that still uses a view finds zeros or nothing, without an error. Await it first, hold
 * the mapping with `pin()`, or give it `createReadStream()`; `closeAsync()` and `await using` wait for the last two.
 *
 * Garbage collection unmaps a mapping that was never closed, some time after neither it nor a view of it can be
 * reached. `stats().leaked` counts such mappings.
 *
 * Event 'fault' ({ offset, length, reason }): the range has no file behind it any more, and zeros of this process
 * have replaced it. Reason 'truncated': the file has become shorter. 'nospace': a store found no space on the disk.
 * 'poison': the memory is broken. 'io': the disk could not be read. After these {@link remap} continues
 * (docs/reliability.md). Reason 'fenced': a breakable seal of the mapping was broken at its deadline (docs/seals.md).
 *
 * Not promised: that the file keeps its length. The bytes of a part that another process truncates are lost.
 */
export class Mapping extends ClosableMemory {
  /** undefined: the mapping was never sealed. */
  private sealing: MappingSeals | undefined;
  /** undefined: the mapping was never registered. */
  private registering: MappingRegistrations | undefined;

  static {
    construct = (parts) => new Mapping(KEY, parts);
    resourcesOf = ({ resources }) => resources;
  }

  private constructor(key?: typeof KEY, parts?: MappingParts) {
    if (key !== KEY || parts === undefined)
      throw illegalConstructor('Mapping', 'map(), mapAsync(), mmap(), anonymous() and attach() make a Mapping');
    super(parts, parts.reasons);
    track(this, this.resources);
    if (parts.seal !== undefined) this.addSeal(parts.seal);
  }

  /**
   * The mapping that memory belongs to, and the place of its first byte there. For code that gets a Buffer from other
   * code and has to persist it, or to pin it.
   *
   * @param memory - A view of any kind, also a part of another view; an ArrayBuffer; a SharedArrayBuffer of {@link
   *   sharedArrayBuffer}.
   * @returns `offset`: bytes from the start of the mapping. undefined: the memory belongs to no mapping that is open.
   *   It was never mapped, or is a copy; the mapping was closed, or made shorter; the memory was transferred away;
   *   another thread or another copy of the package has mapped it.
   * @throws ERR_INVALID_ARG_TYPE.
   * @example
   * const { map, Mapping } = require('mapdirect');
   * const mapping = map('data.bin');
   * const record = mapping.view(4096, 64).subarray(16);
   * const found = Mapping.of(record);
   * console.log(found.mapping === mapping, found.offset); // true 4112
   * found.mapping.persist(found.offset, record.length);
   * console.log(Mapping.of(Buffer.alloc(8))); // undefined
   * mapping.close();
   * console.log(Mapping.of(record)); // undefined
   */
  static of(memory: ArrayBufferView | ArrayBufferLike): { mapping: Mapping; offset: number } | undefined {
    const span = spanOf(memory, 'memory');
    if (span === undefined) return undefined;
    const place = placeOf(span.buffer);
    if (place === undefined) return undefined;
    const mapping = place.owner as Mapping; // only Mapping has windows
    const { resources } = mapping;
    const offset = place.start + span.offset;
    // A window that cannot be detached (markAsUntransferable()) keeps its length over memory that is gone.
    const isThere = resources.isUsing(place.region) && offset + span.length <= place.region.length;
    return isThere ? { mapping, offset } : undefined;
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
   * @throws ERR_MAPPING_FAULT: a part that stays was lost; call remap() before. ETXTBSY: the file is sealed (not for
   *   the owner of an exclusive seal). EBUSY: the mapping is pinned or registered, or it would shrink while an
   *   asynchronous flush, prefetch, wait or read stream runs. ENOSPC. ENOMEM: `lock: true` exceeds RLIMIT_MEMLOCK, or
   *   vm.max_map_count is near. EACCES: access 'read' or 'copy' would have to make the file longer. EINVAL: past the
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
    this.noteFaults();
    resize(this.resources, this.windows, length);
  }

  /**
   * A SharedArrayBuffer over a range, which postMessage() hands to workers without a copy. Atomics.wait() and
   * Atomics.notify() on it reach the threads of this process; {@link wait} and {@link notify} reach other processes,
   * too.
   *
   * It holds the mapping: close() and resize() are EBUSY until garbage collection in every thread that had it. Make it
   * for a mapping that lives as long as the process. If the thread of the mapping ends before, the other threads find
   * zeros there, which belong to no file.
   *
   * @throws EOPNOTSUPP: the runtime has no such buffers (Node before 22.23, 24.16 and 26.1, Bun, Deno), or the mapping
   *   is private or emulated; use {@link share}. ERR_OUT_OF_RANGE as {@link arrayBuffer}. EACCES as {@link buffer}.
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * try {
   *   const words = new Int32Array(mapping.sharedArrayBuffer(0, 4096));
   *   Atomics.add(words, 0, 1); // seen by every thread and process that maps the file
   * } catch ({ code }) {
   *   console.assert(code === 'EOPNOTSUPP');
   * }
   */
  sharedArrayBuffer(offset = 0, length = this.defaultLength(offset)): SharedArrayBuffer {
    return sharedBuffer(this, this.resources, offset, length);
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
      noteFaults: () => this.noteFaults(),
      setFenceChecked: (isChecked) => this.setFenceChecked(isChecked),
    });
    this.watchFaults();
    return this.sealing.add(holder, this.resources.region);
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
    try {
      return this.addSeal(runSync(acquireSeal(this.sealRequest(options))));
    } catch (error) {
      publishError('seal', error);
      throw error;
    }
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
    try {
      return await this.requests.run('sealAsync', () => this.sealOffThread(options));
    } catch (error) {
      publishError('sealAsync', error);
      throw error;
    }
  }

  private async sealOffThread(options: AsyncSealOptions | undefined): Promise<Seal> {
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

  /**
   * Registers a range for a device, or for another user outside of JavaScript, which uses it by its address. Until
   * deregister(), close() and resize() throw EBUSY, and so does release() of the seal that the registration relies on.
   * docs/registration.md says which memory takes part.
   *
   * A mapping of a file needs a seal. Without one, this call seals the file as `seal()` does; that seal ends with the
   * last registration. Provider 'lock' locks the pages in memory, and the last registration of it unlocks them.
   *
   * @param options - See {@link RegisterOptions}. Default: the whole mapping, access 'local-write', provider 'auto'.
   * @throws EACCES: the mapping was not made with access 'write'. EOPNOTSUPP: the emulation, or the provider cannot do
   *   it here, with the remedy. ETXTBSY: the seal is violated, or an extent prevents it. EBUSY: the seal is breaking.
   *   ENOMEM: RLIMIT_MEMLOCK. ERR_MAPPING_FAULT: a part of the range is lost. ERR_OUT_OF_RANGE. The errors of
   *   {@link seal}.
   * @example
   * // Native only: the emulation has no memory that a device could reach.
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const registration = mapping.register({ offset: 4096, length: 8192 });
   * console.log(registration.length, registration.seal.policy); // 8192 refuse
   * registration.deregister(); // the seal ends, too
   * mapping.close();
   */
  register(options?: RegisterOptions): Registration {
    this.requests.check('register');
    this.registering ??= new MappingRegistrations({
      resources: this.resources,
      durability: this.durability,
      seal: () => this.seal(),
      checkFaults: (region, offset, length) => this.checkFaults(region, offset, length),
    });
    return this.registering.register(options);
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

/** Garbage collection is the normal end of the mapping: stats() does not count it as a leak. @internal */
export function dropUnclosed(mapping: Mapping): void {
  leaveToCollector(resourcesOf(mapping));
}
