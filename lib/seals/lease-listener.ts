// Node's own, not the global ones: jsdom has timers of another kind, and no setImmediate.
import type { LeaseEvents, LeaseNotice } from '../backend/lease-events.js';
import { setImmediate as nextTurn } from 'node:timers';

type Listener = (notice: LeaseNotice, detail: number) => void;

/** A notice of a lease that nobody listened to. */
interface Early {
  readonly notice: LeaseNotice;
  readonly detail: number;
  readonly at: number;
}

// Leases and watches are numbered apart.
const leases = new Map<number, Listener>();
const early = new Map<number, Early[]>();
const watches = new Map<number, Listener>();
let listening = false;

function listen(bells: LeaseEvents): void {
  if (listening) return;
  bells.listen((notice, id, detail) => {
    const listener = (notice === 'hint' ? watches : leases).get(id);
    if (listener !== undefined) listener(notice, detail);
    else if (notice !== 'hint') early.get(id)?.push({ notice, detail, at: performance.now() });
  });
  listening = true;
}

/** Takes a lease. What is heard of it is kept for onLease(), until forgetLease(). */
export function takeLease(bells: LeaseEvents, take: () => number): number {
  listen(bells);
  const id = take();
  early.set(id, []);
  return id;
}

/** Hears of the notices of a lease, in order, until forgetLease(); of those before this call in a later turn of the loop. */
export function onLease(id: number, listener: Listener): void {
  const kept = early.get(id);
  const start = (): void => {
    early.delete(id);
    leases.set(id, listener);
  };
  if (kept === undefined || kept.length === 0) {
    start();
    return;
  }
  nextTurn(() => {
    if (early.get(id) !== kept) return; // forgotten
    start();
    for (const { notice, detail, at } of kept) {
      if (leases.get(id) === listener) listener(notice, Math.max(0, detail - Math.round(performance.now() - at)));
    }
  });
}

export function forgetLease(id: number): void {
  leases.delete(id);
  early.delete(id);
}

/** Hears of the hints of a watch, until forgetWatch(). */
export function onWatch(bells: LeaseEvents, id: number, listener: Listener): void {
  listen(bells);
  watches.set(id, listener);
}

export function forgetWatch(id: number): void {
  watches.delete(id);
}
