import type { Region, Span } from '../backend/region.js';
import { channels, publishError } from '../core/channels.js';
import { count, countFlush, counter } from '../core/counters.js';

/** The message of the channel `mapdirect:persist`: a flush of pages has ended. */
export interface PersistMessage {
  /** The path as map() got it. */
  readonly path: string | undefined;
  /** Bytes from the start of the mapping. Of persistRanges(): the first range and the end of the last one. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** Milliseconds. Of persistAsync(): from the start of the flush until this thread hears of its end. */
  readonly duration: number;
  /** It ran on another thread. */
  readonly asynchronous: boolean;
  /** The flush failed. The channel `mapdirect:error` has it, too. */
  readonly error: Error | undefined;
}

interface Flushed extends Span {
  readonly region: Region;
  readonly asynchronous: boolean;
  /** As performance.now() tells it. */
  readonly start: number;
}

function publish({ region, offset, length, asynchronous }: Flushed, duration: number, error: unknown): void {
  if (!channels.persist.hasSubscribers) return;
  const failure = error === undefined ? undefined : (error as Error);
  const message: PersistMessage = { path: region.path, offset, length, duration, asynchronous, error: failure };
  channels.persist.publish(message);
}

/** A flush has ended. `error`: it failed. */
function ended(flushed: Flushed, error?: unknown): void {
  const duration = performance.now() - flushed.start;
  countFlush(duration);
  if (error !== undefined) {
    count(counter.failures);
    publishError('persist', error);
  }
  publish(flushed, duration, error);
}

/** region.sync(), counted, timed and published. */
export function flushPages(region: Region, offset: number, length: number): void {
  const start = performance.now();
  try {
    region.sync(offset, length);
  } catch (error) {
    ended({ region, offset, length, asynchronous: false, start }, error);
    throw error;
  }
  ended({ region, offset, length, asynchronous: false, start });
}

/** region.syncAll(), likewise. */
export function flushSpans(region: Region, spans: readonly Span[]): void {
  const first = spans[0];
  const last = spans.at(-1);
  if (first === undefined || last === undefined) return;
  const { offset } = first;
  const flushed = { region, offset, length: last.offset + last.length - offset, asynchronous: false };
  const start = performance.now();
  try {
    region.syncAll(spans);
  } catch (error) {
    ended({ ...flushed, start }, error);
    throw error;
  }
  ended({ ...flushed, start });
}

/** region.syncAsync(), likewise. */
export async function flushPagesAsync(region: Region, offset: number, length: number): Promise<void> {
  const start = performance.now();
  try {
    await region.syncAsync(offset, length);
  } catch (error) {
    ended({ region, offset, length, asynchronous: true, start }, error);
    throw error;
  }
  ended({ region, offset, length, asynchronous: true, start });
}
