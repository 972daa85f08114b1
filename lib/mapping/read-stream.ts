import { Readable } from 'node:stream';
import { AbortListeners } from '../core/abort-listeners.js';
import { checkOptions } from '../core/check-options.js';
import { outOfRange } from '../core/errors.js';
import { checkInteger, checkSignal } from '../core/validators.js';
import { MAX_VIEW } from './windows.js';

/** Options of {@link Mapping.createReadStream}. */
export interface ReadStreamOptions {
  /** The first byte, from the start of the mapping. Default: 0. */
  start?: number | undefined;
  /** The last byte; it is included, as in fs.createReadStream(). Default: the last one of the mapping. */
  end?: number | undefined;
  /** The bytes of a chunk, and the most that wait in the stream. Default: 65536. At most 2^30. */
  highWaterMark?: number | undefined;
  /** Its abort destroys the stream. */
  signal?: AbortSignal | undefined;
}

/** The memory that a stream reads. */
export interface StreamSource {
  /** Brings pages into memory, off this thread. */
  load(offset: number, length: number): Promise<void>;
  /** @throws ERR_MAPPING_CLOSED, ERR_MAPPING_FAULT; ERR_OUT_OF_RANGE after a resize(). */
  copy(offset: number, length: number): Buffer;
  /** The stream needs the memory no more. It may be called twice. */
  release(): void;
}

/** Checked options. `end` is the end of the range: the last byte is before it. */
interface ReadRange {
  readonly start: number;
  readonly end: number;
  readonly highWaterMark: number;
}

const DEFAULT_CHUNK = 65536;

// Pages are brought in by parts of this many bytes: one call on another thread serves 16 chunks of the default size.
const PART = 2 ** 20;

/** Copies a range in chunks. It takes the memory only when it is read. */
export class MappingReadStream extends Readable {
  private at: number;
  /** The end of the part that was brought into memory. */
  private loadedTo: number;
  private loading: Promise<void> | undefined;

  constructor(
    private readonly range: ReadRange,
    private readonly source: StreamSource,
  ) {
    super({ highWaterMark: range.highWaterMark });
    this.at = this.loadedTo = range.start;
  }

  override _read(size: number): void {
    if (this.at < this.loadedTo) this.pushChunk(size);
    else this.loading = this.load(size);
  }

  /** Never rejects. The chunk follows in another tick: an error of the consumer must not become a rejection. */
  private async load(size: number): Promise<void> {
    const length = Math.min(Math.max(size, PART), this.range.end - this.at);
    try {
      await this.source.load(this.at, length);
      this.loadedTo = this.at + length;
      process.nextTick(() => this.pushChunk(size));
    } catch (error) {
      process.nextTick(() => this.destroy(error as Error));
    } finally {
      this.loading = undefined;
    }
  }

  private pushChunk(size: number): void {
    if (this.destroyed) return;
    const chunk = this.copyChunk(Math.min(size, this.loadedTo - this.at, MAX_VIEW));
    if (chunk === undefined) return;
    const isLast = this.at === this.range.end;
    if (isLast) this.source.release();
    this.push(chunk);
    if (isLast) this.push(null);
  }

  /** undefined: the memory is gone, and the stream destroyed. */
  private copyChunk(length: number): Buffer | undefined {
    try {
      const chunk = this.source.copy(this.at, length);
      this.at += length;
      return chunk;
    } catch (error) {
      this.destroy(error as Error);
      return undefined;
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const end = (): void => {
      this.source.release();
      callback(error);
    };
    if (this.loading === undefined) end();
    else void this.loading.then(() => process.nextTick(end));
  }
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE. */
export function parseReadStreamOptions(
  options: unknown,
  size: number,
): { readonly range: ReadRange; readonly signal: AbortSignal | undefined } {
  const known = ['start', 'end', 'highWaterMark', 'signal'] as const;
  const given = checkOptions<ReadStreamOptions>(options, 'options', known);
  const { start = 0, end = size - 1, highWaterMark = DEFAULT_CHUNK, signal } = given;
  checkInteger(start, 'options.start', 0);
  checkInteger(end, 'options.end', 0);
  if (end >= size) throw outOfRange('options.end', `< ${size}, the length of the mapping`, end);
  if (start > end) throw outOfRange('options.start', `<= ${end}, the last byte of the range`, start);
  checkInteger(highWaterMark, 'options.highWaterMark', 1, MAX_VIEW);
  checkSignal(signal);
  return { range: { start, end: end + 1, highWaterMark }, signal };
}

/** One listener for all streams of a signal: Node 20 warns of a leak when a signal has more than ten. */
const aborts = new AbortListeners<Readable>((stream, reason) => stream.destroy(abortError(reason)));

/** The error of an aborted stream of node:fs. */
function abortError(cause: unknown): Error {
  return Object.assign(new Error('The operation was aborted', { cause }), { name: 'AbortError', code: 'ABORT_ERR' });
}

/** Destroys the stream when the signal is aborted. */
export function destroyOnAbort(stream: Readable, signal: AbortSignal): void {
  if (signal.aborted) {
    stream.destroy(abortError(signal.reason));
    return;
  }
  aborts.add(signal, stream);
  stream.once('close', () => aborts.delete(signal, stream));
}
