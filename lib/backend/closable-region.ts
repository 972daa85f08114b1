import { endLater } from './late-close.js';
import type { OpenFile } from './open-file.js';
import type { RegionState } from './region.js';

/**
 * The end of a region, as both backends have it: open -> closing -> closed. `closing` lasts while asynchronous calls of
 * the region run. A subclass says how memory is unmapped.
 */
export abstract class ClosableRegion {
  state: RegionState = 'open';
  private running = 0;
  private onClosed: (() => void) | undefined;

  /** Takes a reference of its own to `file`; `path` is only for errors, warnings and messages. */
  protected constructor(
    readonly file: OpenFile | undefined,
    readonly path: string | undefined,
  ) {
    file?.retain();
  }

  /** Runs before any irreversible part of close(). @throws the errors of close(): the region stays open. */
  protected abstract prepareClose(): void;

  /** On return the pages of the file are gone. @throws: nothing has changed, and it may be called again. */
  protected abstract unmap(): void;

  get busy(): boolean {
    return this.running > 0;
  }

  /** Runs an asynchronous call; a close() meanwhile ends after it. */
  protected async run<Result>(call: () => Promise<Result> | Result): Promise<Result> {
    this.running++;
    try {
      return await call();
    } finally {
      this.running--;
      if (this.state === 'closing' && this.running === 0) this.finishLater();
    }
  }

  close(onClosed?: () => void): void {
    if (this.state !== 'open') return;
    this.prepareClose();
    this.onClosed = onClosed;
    if (this.running > 0) this.state = 'closing';
    else this.finish();
  }

  closeLater(): void {
    if (this.state !== 'open') return;
    this.state = 'closing';
    if (this.running === 0) this.finishLater();
  }

  private finish(): void {
    this.unmap();
    this.state = 'closed';
    try {
      this.file?.release();
    } finally {
      this.onClosed?.();
    }
  }

  private finishLater(): void {
    endLater(
      () => this.finish(),
      () => this.state === 'closed',
      this.path,
    );
  }
}
