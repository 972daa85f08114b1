import { setTimeout } from 'node:timers';
import type { LeaseEvents } from '../backend/lease-events.js';
import { runAsync, type Operation } from '../core/sync-or-async.js';
import { forgetWatch, onWatch } from './lease-listener.js';

// inotify reports plain writes as well, and there may be many: the next reading of the map waits this long after the
// last one.
const PAUSE_MS = 20;

let hasWarned = false;

/**
 * The seal holds all the same. Only verify() finds a change by a program that does not take part in the seal protocol.
 */
function warnUnwatched({ message }: Error): void {
  if (hasWarned) return;
  hasWarned = true;
  const text = `A sealed file cannot be watched: only seal.verify() finds a change that another program makes. ${message}`;
  process.emitWarning(text, { type: 'MapdirectWarning', code: 'MAPDIRECT_UNWATCHED' });
}

/**
 * Checks the block map of a sealed file, off the main thread, when inotify(7) reports a change of the file. One check
 * at a time.
 */
export class BlockMapWatch {
  /** 'due again': a change was reported during the check. */
  private checking: 'no' | 'yes' | 'due again' = 'no';
  private watch: { readonly events: LeaseEvents; readonly id: number } | undefined;

  /**
   * @param check - reads the map and compares it.
   * @param isSealed - false: no holder needs the check any more.
   */
  constructor(
    private readonly check: () => Operation<void>,
    private readonly isSealed: () => boolean,
  ) {}

  /** Watches the file behind `fd`. Where that fails, a process warning says so. */
  start(events: LeaseEvents, fd: number, path: string | undefined): void {
    let id;
    try {
      id = events.watch(fd, path);
    } catch (error) {
      warnUnwatched(error as Error);
      return;
    }
    this.watch = { events, id };
    onWatch(events, id, () => void this.changed());
  }

  stop(): void {
    if (this.watch === undefined) return;
    forgetWatch(this.watch.id);
    this.watch.events.unwatch(this.watch.id);
  }

  /** The file was changed, perhaps its block map. */
  async changed(): Promise<void> {
    if (!this.isSealed()) return;
    if (this.checking !== 'no') {
      this.checking = 'due again';
      return;
    }
    try {
      do {
        this.checking = 'yes';
        await runAsync(this.check());
        if (!this.isSealed()) return;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref());
      } while (this.isDueAgain && this.isSealed());
    } catch {
      // The file cannot be read any more: verify() throws that error.
    } finally {
      this.checking = 'no';
    }
  }

  private get isDueAgain(): boolean {
    return this.checking === 'due again';
  }
}
