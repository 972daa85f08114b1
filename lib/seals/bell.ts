import type { Bells, Notice } from '../backend/backend.js';

type Listener = (notice: Notice, detail: number) => void;

const listeners = new Map<number, Listener>();
let heard: Bells | undefined;

/** Hears of the notices of a lease or a watch, until forgetBell(). */
export function onBell(bells: Bells, id: number, listener: Listener): void {
  if (heard === undefined) {
    heard = bells;
    bells.listen((notice, at, detail) => listeners.get(at)?.(notice, detail));
  }
  listeners.set(id, listener);
}

export function forgetBell(id: number): void {
  listeners.delete(id);
}
