import type { FaultEvents } from '../backend/fault-events.js';

/** A mapping that wants to know of its faults in a later turn of the event loop. */
export interface FaultWatcher {
  readonly closed: boolean;
  /** Looks for new faults, and emits their events. */
  noteFaults(): void;
}

// Weak, because an event listener does not keep its mapping alive.
const watchers = new Set<WeakRef<FaultWatcher>>();
let prunedSize = 0;
let isListening = false;

function live(): FaultWatcher[] {
  const found: FaultWatcher[] = [];
  for (const reference of watchers) {
    const watcher = reference.deref();
    if (watcher?.closed === false) found.push(watcher);
    else watchers.delete(reference);
  }
  prunedSize = watchers.size;
  return found;
}

function listen(events: FaultEvents): void {
  if (isListening) return;
  isListening = true;
  try {
    events.listen(() => live().forEach((watcher) => watcher.noteFaults()));
  } catch {
    isListening = false; // no thread or descriptor is left: faults are noted at the next flush only
  }
}

/** From now on a fault of the mapping is noted even if no method of the mapping is called. */
export function watchFaults(events: FaultEvents | undefined, watcher: FaultWatcher): void {
  if (events === undefined) return;
  if (watchers.size > 2 * prunedSize + 16) live();
  watchers.add(new WeakRef(watcher));
  listen(events);
}
