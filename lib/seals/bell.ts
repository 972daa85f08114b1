import type { Bells, Notice } from '../backend/backend.js';

type Listener = (notice: Notice, detail: number) => void;

// Leases and watches are numbered apart.
const leases = new Map<number, Listener>();
const watches = new Map<number, Listener>();
let listening = false;

function listen(bells: Bells): void {
  if (listening) return;
  bells.listen((notice, id, detail) => (notice === 'hint' ? watches : leases).get(id)?.(notice, detail));
  listening = true;
}

/** Hears of the notices of a lease, until forgetLease(). */
export function onLease(bells: Bells, id: number, listener: Listener): void {
  listen(bells);
  leases.set(id, listener);
}

export function forgetLease(id: number): void {
  leases.delete(id);
}

/** Hears of the hints of a watch, until forgetWatch(). */
export function onWatch(bells: Bells, id: number, listener: Listener): void {
  listen(bells);
  watches.set(id, listener);
}

export function forgetWatch(id: number): void {
  watches.delete(id);
}
