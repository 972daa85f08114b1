import { errno, systemError } from '../../core/errors.js';
import type { RunningWait, SharedWords, WaitResult } from '../shared-words.js';
import type { Native } from './register-calls.js';
import { noRoomToWait, waiterLimits } from './waiter-limits.js';

/** Keeps the region open while a call runs. */
type Run = <Result>(call: () => Promise<Result> | Result) => Promise<Result>;

/** A number of microseconds for the addon; -1: without end. */
function microseconds(milliseconds: number): number {
  return milliseconds === Infinity ? -1 : Math.min(Math.ceil(milliseconds * 1000), Number.MAX_SAFE_INTEGER);
}

/** {@link SharedWords} of one region, through the addon. */
export class NativeWords implements SharedWords {
  constructor(
    private readonly native: Native,
    private readonly slot: number,
    private readonly path: string | undefined,
    private readonly run: Run,
  ) {}

  private failed(result: number, advice?: string): Error {
    return systemError(result, 'futex', this.path, advice);
  }

  wait(offset: number, expected: number, milliseconds: number): WaitResult | undefined {
    const result = this.native.addon.futexWait(this.slot, offset, expected, microseconds(milliseconds));
    if (result === 0) return 'ok';
    if (result === errno.EAGAIN) return 'not-equal';
    if (result === errno.ETIMEDOUT) return 'timed-out';
    if (result === errno.EINTR) return undefined;
    throw this.failed(result);
  }

  waitAsync(offset: number, expected: number, milliseconds: number): RunningWait | 'not-equal' {
    const { addon, registers } = this.native;
    const limits = waiterLimits(addon);
    const { perThread, threads } = limits;
    const span = microseconds(milliseconds);
    const started = addon.futexWaitAsync(this.slot, offset, expected, span, perThread, threads);
    if (started === errno.EAGAIN) return 'not-equal';
    if (typeof started === 'number') throw this.failed(started);
    const id = registers[0] ?? 0;
    return {
      result: this.run(async () => this.resultOf(await started, noRoomToWait(limits))),
      cancel: () => addon.futexCancel(id) === 1,
    };
  }

  private resultOf(outcome: number, noRoom: string): WaitResult | undefined {
    if (outcome === 0) return 'ok';
    if (outcome === errno.ETIMEDOUT) return 'timed-out';
    if (outcome === errno.ECANCELED) return undefined;
    throw this.failed(outcome, outcome === errno.EAGAIN ? noRoom : undefined);
  }

  notify(offset: number, count: number): number {
    const woken = this.native.addon.futexWake(this.slot, offset, count);
    if (woken < 0) throw this.failed(woken);
    return woken;
  }
}
