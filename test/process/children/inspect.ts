import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { loadAddon } from '../../../lib/backend/native/load.js';

/** How many lines of /proc/self/maps name the file. */
export function mapsOf(path: string): number {
  return readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .filter((line) => line.includes(path)).length;
}

/** The name of each descriptor of this process in /proc/self/fd. */
export function descriptors(): string[] {
  return readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // that of the listing itself
    }
  });
}

export function descriptorsOf(path: string): number {
  return descriptors().filter((link) => link.includes(path)).length;
}

/** Address ranges that the addon holds, placeholders of closed mappings included, in all threads. */
export function ranges(): number {
  const loaded = loadAddon();
  if ('reason' in loaded) throw new Error(loaded.reason);
  return loaded.addon.rangeCount();
}

/** Waits until it is so; finalizers are asynchronous. Collects garbage meanwhile, under --expose-gc. */
export async function eventually(condition: string, isSo: () => boolean, patience = 8000): Promise<void> {
  for (const end = Date.now() + patience; Date.now() < end;) {
    if (isSo()) return;
    globalThis.gc?.();
    await nextTurn();
    await delay(5);
  }
  throw new Error(`not true after ${patience / 1000} s: ${condition}`);
}

/** Nothing of the file is left in this process. */
export async function nothingLeftOf(path: string): Promise<void> {
  await eventually(`no mapping of ${path}`, () => mapsOf(path) === 0);
  await eventually(`no descriptor of ${path}`, () => descriptorsOf(path) === 0);
}
