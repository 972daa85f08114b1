import { checkOptions } from '../core/check-options.js';
import { outOfRange } from '../core/errors.js';
import { checkPlace, checkRange } from '../core/range.js';
import { rangesOf, type RangeList } from '../core/range-list.js';
import { checkSignal, checkSize, throwIfAborted } from '../core/validators.js';
import { byteLengthOf, drainOf, sourceBytes } from '../core/write-arguments.js';
import { checkWordOffset, checkWordValue, WORD_BYTES } from '../core/word.js';
import { deepPersist } from '../durability/deep-persist.js';
import { flushQueueOf, type FlushRange } from '../durability/flush-queue.js';
import { fenceChecked, tierFor, type Tier } from '../durability/tiers.js';
import { MappedMemory } from './mapped-memory.js';
import type { MappingFacts } from './resources.js';

/** The part of {@link Mapping} that makes stores durable. */
export abstract class DurableMemory extends MappedMemory {
  private tier: Tier;

  /** @internal */
  protected constructor(facts: MappingFacts, reasons: readonly string[]) {
    super(facts, reasons);
    this.tier = tierFor(this.durability);
  }

  /**
   * Makes stores durable: on return the bytes of the range have reached {@link Durability.domain}. The range need not
   * be aligned; length 0 does nothing. On access 'read' and 'copy' it does nothing.
   *
   * Not promised: an order among the stores of one range; that a store becomes durable only with this call; that more
   * than 8 aligned bytes become durable at once. docs/durability.md has a worked example.
   *
   * @throws ERR_MAPPING_FAULT with `offset`, `length` and `reason`: a part of the range is lost (see {@link faulted});
   *   the rest was flushed. The errno of msync(2), for instance EIO or ENOSPC. The mapping stays usable, but nothing is
   *   known about the range. A retry that succeeds proves nothing: the kernel has marked the pages clean.
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
    if (length === 0) return;
    this.tier.persist(region, offset, length);
    this.checkFaults(region, offset, length);
  }

  /**
   * The first half of persist(): starts the write-back of the range. The range is durable only after {@link drain}.
   *
   * @param offset - Bytes from the start of the mapping. Default 0. @param length - Bytes. Default: the rest of the
   *   mapping.
   * @throws ERR_MAPPING_CLOSED, ERR_OUT_OF_RANGE, and the errors of persist().
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
    if (length === 0) return;
    this.tier.flush(region, offset, length);
    this.checkFaults(region, offset, length);
  }

  /**
   * The second half of persist(): on return every earlier flush() of this thread is durable.
   *
   * @throws ERR_MAPPING_FAULT, once: a range was lost since the last drain().
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.view(0, 8).fill(1);
   * mapping.flush(0, 8);
   * mapping.drain(); // durable now
   * mapping.close();
   */
  drain(): void {
    const region = this.resources.liveRegion('drain');
    this.tier.drain(region);
    this.checkUndrained(region);
  }

  /**
   * persist() of many ranges in one call, with one drain at the end. Ranges that overlap or touch are joined: on
   * granularity 'page' in any order, on finer ones if they come in order.
   *
   * On 'page', ranges up to 64 MiB apart share one msync(2) if few dirty pages lie between them, as far as a sample of
   * those pages shows; other ranges get one each. Before Linux 6.5 the kernel does not say which pages are dirty, and
   * ranges up to 1 MiB apart share one. Pages between the ranges may become durable, too.
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
    if (list.count === 0) return;
    this.tier.persistRanges(region, list);
    if (region.faultCount[0] === this.resources.faultMark) return;
    for (let i = 0; i < list.count; i++) this.checkFaults(region, list.pairs[2 * i] ?? 0, list.pairs[2 * i + 1] ?? 0);
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
    if (length === 0) return;
    this.tier.write(region, bytes, offset, length, drain);
    this.checkFaults(region, offset, length);
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
    if (length === 0) return;
    this.tier.fill(region, value, offset, length);
    this.checkFaults(region, offset, length);
  }

  /**
   * Stores one word of 8 bytes, little endian; on return it is durable. It is for the word that makes a record valid: a
   * position, a length, a generation. The native backend stores it at once: neither another process nor the memory
   * after a loss of power has a part of it. A thread that loads the word also finds the stores that this thread made
   * before.
   *
   * Not promised: that those stores are durable, too. Persist them before. On granularity 'page' the rest of the page
   * may become durable with the word.
   *
   * @param offset - A multiple of 8, in bytes from the start of the mapping.
   * @param value - A bigint from 0n to 2n ** 64n - 1n, or an integer from 0 to 2 ** 53 - 1.
   * @throws ERR_OUT_OF_RANGE (RangeError): `offset` is no multiple of 8, the word is not inside the mapping, or the
   *   value is not one of these. EACCES on access 'read'; the errors of persist().
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * mapping.write(Buffer.from('a record'), 4096); // durable first
   * mapping.persistWord(0, 4096); // then the word that says where it is
   * console.log(mapping.buffer.readBigUInt64LE(0)); // 4096n
   * mapping.close();
   */
  persistWord(offset: number, value: bigint | number): void {
    const region = this.resources.writableRegion('persistWord');
    checkWordOffset(offset, region.length);
    checkWordValue(value);
    this.tier.persistWord(region, value, offset);
    this.checkFaults(region, offset, WORD_BYTES);
  }

  /**
   * {@link persist}, and then past the power-fail domain: on persistent memory it empties the buffers of the region
   * (deep_flush), elsewhere it is fsync(2), which includes the length and the blocks of the file. Slow. It protects
   * against a failure of the platform's own flush at power loss. On access 'read' and 'copy' it does nothing.
   *
   * @param offset - Bytes from the start of the mapping. Default 0. @param length - Bytes. Default: the rest of the
   *   mapping.
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
   * @param offset - Bytes from the start of the mapping. Default 0. @param length - Bytes. Default: the rest of the
   *   mapping. @param options - `signal`: takes the request back if it has not started.
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
    await this.requests.run('persistAsync', () => this.queueFlush({ offset, length }, options));
  }

  private async queueFlush({ offset, length }: FlushRange, options: unknown): Promise<void> {
    const region = this.resources.liveRegion('persistAsync');
    checkRange(offset, length, region.length);
    const { signal } = checkOptions<{ signal?: AbortSignal }>(options, 'options', ['signal']);
    checkSignal(signal);
    throwIfAborted(signal);
    if (length === 0) return;
    await flushQueueOf(this.durability).add(
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
    // Over pages that are no longer of the file a flush succeeds and proves nothing.
    this.resources.checkFence();
    this.checkFaults(region, offset, length);
  }

  /** Whether each flush checks at its end that no lease has fenced the mapping. @internal */
  protected setFenceChecked(isChecked: boolean): void {
    const tier = tierFor(this.durability);
    this.tier = isChecked ? fenceChecked(tier, (region) => this.checkLease(region)) : tier;
  }
}
