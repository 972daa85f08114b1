// Node's own setImmediate, not the global one: jsdom has none.
import { setImmediate as nextTurn } from 'node:timers';
import type { LeaseEvents, LeaseNotice } from '../backend/lease-events.js';

type Listener = (notice: LeaseNotice, detail: number) => void;

/** A notice of a lease that has no listener yet. */
interface EarlyNotice {
  readonly notice: LeaseNotice;
  readonly detail: number;
  readonly at: number;
}

// Leases and watches are numbered separately.
const leases = new Map<number, Listener>();
const earlyNotices = new Map<number, EarlyNotice[]>();
const watches = new Map<number, Listener>();
let isListening = false;

function listen(events: LeaseEvents): void {
  if (isListening) return;
  events.listen((notice, id, detail) => {
    const listener = (notice === 'hint' ? watches : leases).get(id);
    if (listener !== undefined) listener(notice, detail);
    else if (notice !== 'hint') earlyNotices.get(id)?.push({ notice, detail, at: performance.now() });
  });
  isListening = true;
}

/** Takes a lease. Its notices are kept for onLease(), until forgetLease(). */
export function takeLease(events: LeaseEvents, take: () => number): number {
  listen(events);
  const id = take();
  earlyNotices.set(id, []);
  return id;
}

/**
 * Calls `listener` with each notice of a lease, in order, until forgetLease(). Earlier notices come in a later turn of
 * the loop.
 */
export function onLease(id: number, listener: Listener): void {
  const kept = earlyNotices.get(id);
  const start = (): void => {
    earlyNotices.delete(id);
    leases.set(id, listener);
  };
  if (kept === undefined || kept.length === 0) {
    start();
    return;
  }
  nextTurn(() => {
    if (earlyNotices.get(id) !== kept) return; // the lease was forgotten
    start();
    for (const { notice, detail, at } of kept) {
      if (leases.get(id) === listener) listener(notice, Math.max(0, detail - Math.round(performance.now() - at)));
    }
  });
}

export function forgetLease(id: number): void {
  leases.delete(id);
  earlyNotices.delete(id);
}

/** Calls `listener` with each hint of a watch, until forgetWatch(). */
export function onWatch(events: LeaseEvents, id: number, listener: Listener): void {
  listen(events);
  watches.set(id, listener);
}

export function forgetWatch(id: number): void {
  watches.delete(id);
}
