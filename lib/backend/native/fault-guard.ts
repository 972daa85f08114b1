import { isMainThread } from 'node:worker_threads';
import { environment } from '../../core/environment.js';
import { checked, errno, type FaultReason } from '../../core/errors.js';
import { switchedOn } from '../../core/switched-on.js';
import type { FaultEvents } from '../fault-events.js';
import type { Fault } from '../region.js';
import type { Addon } from './addon.js';

// As src-native/memory/fault_log.h numbers them.
const reasons: Readonly<Record<number, FaultReason>> = { 1: 'truncated', 2: 'nospace', 3: 'poison', 4: 'io' };
// As src-native/lease/listener.h numbers it.
const FAULT_NOTICE = 5;

let isWatchingListeners = false;
let hasWarned = false;

function warnOnce(): void {
  if (hasWarned) return;
  hasWarned = true;
  const text =
    'This process has had more than 64 handlers of SIGBUS. The newest one stays in front of the fault guard: if it does not call the handler before it, a fault in a mapping ends the process.';
  process.emitWarning(text, { type: 'MapdirectWarning', code: 'MAPDIRECT_HANDLERS' });
}

/**
 * The fault guard (src-native/memory/fault_guard.h) as this thread uses it: when it is installed, and the faults that
 * it has healed.
 */
export class FaultGuard implements FaultEvents {
  /** Element 0: {@link Region.faultCount}. */
  readonly count: Uint32Array;
  readonly isOff = switchedOn('MAPDIRECT_NO_FAULT_GUARD', environment);

  constructor(
    private readonly addon: Addon,
    private readonly registers: Float64Array,
  ) {
    this.count = new Uint32Array(addon.faultCount);
  }

  /** Called for each mapping: another library may have installed its own handler of SIGBUS since the last one. */
  install(): void {
    if (this.isOff) return;
    this.putFirst(0);
    if (isWatchingListeners || !isMainThread) return;
    isWatchingListeners = true;
    this.watchListeners();
  }

  private putFirst(now: 0 | 1): void {
    const result = this.addon.guardFaults(now);
    if (result === errno.ENOSPC) warnOnce();
    else checked(result, 'sigaction');
  }

  /**
   * A listener of process.on('SIGBUS') gets a handler of its own, which would let a fault repeat for ever; the last one
   * leaves the default action behind. Node's own listeners of these two events ran before.
   */
  private watchListeners(): void {
    const installAgain = (event: string | symbol): void => {
      if (event === 'SIGBUS') this.putFirst(1);
    };
    process.on('newListener', installAgain);
    process.on('removeListener', installAgain);
  }

  /** Takes the faults of a range. `length`: bytes of the mapping, which may end within a page. */
  take(slot: number, length: number): Fault[] {
    const faults: Fault[] = [];
    for (;;) {
      const reason = reasons[this.addon.takeFault(slot)];
      if (reason === undefined) return faults;
      const [offset = 0, bytes = 0] = this.registers;
      if (offset < length) faults.push(Object.freeze({ offset, length: Math.min(bytes, length - offset), reason }));
    }
  }

  listen(listener: () => void): void {
    checked(
      this.addon.onNotices((kind) => {
        if (kind === FAULT_NOTICE) listener();
      }),
      'onNotices',
    );
    checked(this.addon.announceFaults(), 'eventfd');
  }
}
