import type { Readable } from 'node:stream';
import { mappingClosed } from '../core/errors.js';

/**
 * The requests of one mapping that closeAsync() waits for: its pins, streams and asynchronous calls. Only the Mapping
 * refers to this object, and the streams refer to the Mapping: garbage collection takes a dropped mapping together with
 * its streams that are not in use.
 */
export class Requests {
  private running = 0;
  private readonly streams = new Set<Readable>();
  /** The promise of closeAsync(), until it fails. */
  private ending: Promise<void> | undefined;
  private onIdle: (() => void) | undefined;

  /** @throws ERR_MAPPING_CLOSED: closeAsync() was called. */
  check(method: string): void {
    if (this.ending !== undefined) throw mappingClosed(method, 'the mapping takes no new requests after closeAsync()');
  }

  /** A request begins, after {@link check}. */
  begin(): void {
    this.running++;
  }

  end(): void {
    this.running--;
    if (this.running === 0) this.onIdle?.();
  }

  /** Runs an asynchronous call. Rejects with ERR_MAPPING_CLOSED if closeAsync() was called before. */
  async run<Result>(method: string, call: () => Promise<Result>): Promise<Result> {
    this.check(method);
    this.begin();
    try {
      return await call();
    } finally {
      this.end();
    }
  }

  /** A stream begins to use the memory, after {@link check}. */
  addStream(stream: Readable): void {
    this.streams.add(stream);
    this.begin();
  }

  /** The stream does not use the memory any more. A second call does nothing. */
  endStream(stream: Readable): void {
    if (this.streams.delete(stream)) this.end();
  }

  /** The memory is gone. */
  destroyStreams(): void {
    for (const stream of [...this.streams]) stream.destroy(mappingClosed('createReadStream'));
  }

  /** Calls `close` when no request runs. Until `close` throws, each call gets the same promise. */
  close(close: () => void): Promise<void> {
    return (this.ending ??= this.closeWhenIdle(close));
  }

  private async closeWhenIdle(close: () => void): Promise<void> {
    try {
      await this.idle();
      close();
    } catch (error) {
      this.ending = undefined;
      throw error;
    }
  }

  private async idle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
    this.onIdle = undefined;
  }
}
