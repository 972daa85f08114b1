import type { Readable } from 'node:stream';
import { publishError } from '../core/channels.js';
import { errno, hasErrno, mappingClosed } from '../core/errors.js';
import { checkRange } from '../core/range.js';
import { flushQueueOf } from '../durability/flush-queue.js';
import { pendingWaits } from './pending-waits.js';
import { pinFor, pinnedMappings, type Pin } from './pin.js';
import { destroyOnAbort, MappingReadStream, parseReadStreamOptions, type ReadStreamOptions } from './read-stream.js';
import { checkStreamable } from './view-checks.js';
import { WaitingMemory } from './waiting-memory.js';

/** The part of {@link Mapping} that deals with its end, and with the requests that must come before it. */
export abstract class ClosableMemory extends WaitingMemory implements Disposable, AsyncDisposable {
  /**
   * Holds the memory for a long request: a write to a file or a socket, asynchronous zlib and crypto, RDMA, an
   * io_uring. Until the pin is released, close() and resize() throw EBUSY, {@link closeAsync} waits, and garbage
   * collection does not unmap the mapping.
   *
   * If a thread ends, or is terminated, with an unreleased pin, its addresses stay reserved for the life of the
   * process. The native user finds private memory there, not the file.
   *
   * @throws ERR_MAPPING_CLOSED, also after the call of closeAsync().
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
    const { requests } = this;
    requests.check('pin');
    const unpin = this.resources.pin();
    requests.begin();
    pinnedMappings.add(this);
    return pinFor(() => {
      unpin();
      if (!this.resources.isPinned) pinnedMappings.delete(this);
      requests.end();
    });
  }

  /**
   * Reads a range as a stream of copies. A chunk stays valid after {@link close}: give this stream, not a view, to a
   * response, a socket or a file. close() ends a stream that needs more of the memory with ERR_MAPPING_CLOSED. {@link
   * closeAsync} waits until the last byte is copied, or the stream is destroyed.
   *
   * The stream copies when its consumer asks for more. Other threads bring the pages into memory before, so the event
   * loop does not wait for the disk. Bytes stored meanwhile may or may not be seen. The range does not follow a
   * resize().
   *
   * @param options - See {@link ReadStreamOptions}. `end` is the last byte, as in fs.createReadStream().
   * @throws ERR_OUT_OF_RANGE: not a range of the mapping. EACCES: memory of mmap() without PROT_READ.
   *   ERR_MAPPING_CLOSED, also after the call of closeAsync(). As the error of the stream: ERR_MAPPING_CLOSED;
   *   ERR_MAPPING_FAULT with `offset`, `length` and `reason`: a part is lost; ERR_OUT_OF_RANGE after a resize(); the
   *   errors of {@link prefetch}; AbortError.
   * @example
   * import { map } from 'mapdirect';
   * import { createWriteStream } from 'node:fs';
   * import { pipeline } from 'node:stream/promises';
   * const mapping = map('data.bin', { access: 'read' });
   * const copied = pipeline(mapping.createReadStream({ start: 4096 }), createWriteStream('copy.bin'));
   * await mapping.closeAsync(); // after the last byte was read
   * await copied;
   */
  createReadStream(options?: ReadStreamOptions): Readable {
    const { requests } = this;
    requests.check('createReadStream');
    const { length } = this.resources.liveRegion('createReadStream');
    const { range, signal } = parseReadStreamOptions(options, length);
    requests.check('createReadStream'); // again: a getter of the options may close the mapping
    checkStreamable(this.resources.liveRegion('createReadStream'), this.path);
    const stream = new MappingReadStream(range, {
      load: (offset, size) => this.bringIn(offset, size),
      copy: (offset, size) => this.copyOut(offset, size),
      release: () => requests.endStream(stream),
    });
    requests.addStream(stream);
    if (signal !== undefined) destroyOnAbort(stream, signal);
    return stream;
  }

  /** Memory of a device has no pages to bring in (EINVAL). */
  private async bringIn(offset: number, length: number): Promise<void> {
    const region = this.resources.liveRegion('createReadStream');
    checkRange(offset, length, region.length);
    try {
      await region.populateAsync(offset, length, false);
    } catch (error) {
      // Under the guard the copy meets the same fault, and finds its reason.
      if (!region.isGuarded && !hasErrno(error, errno.EINVAL)) throw error;
    }
  }

  /** A copy of a range, which is checked after the copy: memory whose file is gone reads as zeros. */
  private copyOut(offset: number, length: number): Buffer {
    const region = this.resources.liveRegion('createReadStream');
    checkRange(offset, length, region.length);
    const copy = this.copyOf(region, offset, length);
    this.checkLease(region);
    this.checkFaults(region, offset, length);
    return copy;
  }

  /**
   * Unmaps. Every view has length 0 then. A request that still uses a view (fs.write, a response, a socket) finds zeros
   * or nothing in its place, mostly without an error, and never a byte of another file. Await it first, hold the
   * mapping with {@link pin}, or give it {@link createReadStream}; {@link closeAsync} waits for the last two.
   *
   * A second call does nothing. It persists nothing: the kernel writes its page cache back later.
   *
   * Asynchronous zlib must not lose its input: Node 20 ends the process by an assertion, later versions by an uncaught
   * RangeError. A view whose ArrayBuffer went through markAsUntransferable() keeps its length on Node >= 24, over zeros
   * that belong to no file.
   *
   * Running asynchronous flushes end first; the pages and the seals of the mapping end after them. Waiting flushes and
   * calls of waitAsync() are rejected, and streams that need more bytes are destroyed, with ERR_MAPPING_CLOSED. If the
   * pages cannot be unmapped then (ENOMEM, at vm.max_map_count), the mapping stays closed, no promise is rejected,
   * descriptor and seals are kept, and a timer retries until it succeeds: process warning MAPDIRECT_UNCLOSED.
   *
   * The last mapping of a file and access closes a descriptor: Linux ends the record locks (F_SETLK) of this process on
   * the file. On overlay, FUSE, NFS and the like (docs/seals.md) each mapping does.
   *
   * @throws The mapping is still open after an error; close it again. EBUSY: it is pinned, or registered. ENOMEM on the
   *   native backend: at vm.max_map_count, and, while views are in use, where memory may not be overcommitted
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
    try {
      resources.checkUnused('close');
      this.windows?.detachAll(resources.region);
      resources.close();
    } catch (error) {
      publishError('close', error);
      throw error;
    } finally {
      if (resources.isClosed) this.dropRequests();
    }
  }

  private dropRequests(): void {
    this.windows = undefined;
    flushQueueOf(this.durability).drop(this, () => mappingClosed('persistAsync'));
    pendingWaits.drop(this, () => mappingClosed('waitAsync'));
    this.openRequests?.destroyStreams();
  }

  /**
   * {@link close} after the requests that this package knows: the pins, the streams of {@link createReadStream}, and
   * asynchronous calls such as {@link persistAsync}. A request of the runtime that uses a view (fs.write, a response,
   * zlib) is not among them: close() takes the view away, and the request finds zeros or nothing, without an error.
   * Await it first, or hold the mapping with {@link pin}.
   *
   * From the call on, new pins, streams and asynchronous calls are refused with ERR_MAPPING_CLOSED. Views and
   * synchronous calls work until the promise resolves. A second call returns the same promise. close() works meanwhile:
   * EBUSY while pinned, else it closes at once.
   *
   * Not promised: an end. A pin that is never released keeps it waiting, and so does a stream that is neither read nor
   * destroyed.
   *
   * @throws By rejection: the errors of close(). Then the mapping is open, takes requests, and can be closed again.
   * @example
   * import { map } from 'mapdirect';
   * const mapping = map('data.bin');
   * const persisted = mapping.persistAsync(0, 4096);
   * await mapping.closeAsync(); // after the flush
   * await persisted;
   * console.log(mapping.closed); // true
   */
  closeAsync(): Promise<void> {
    return this.requests.close(() => this.close());
  }

  /** {@link close} at the end of a block with `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** {@link closeAsync} at the end of a block with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.closeAsync();
  }
}
