import fs from 'node:fs';
import type { Figures } from '../benchmark.js';
import { loopTurn } from '../trial.js';

interface Footprint {
  readonly heap: number;
  readonly resident: number;
  readonly pageTables: number;
}

/** Bytes of a line like "VmPTE:  1234 kB". */
function statusBytes(status: string, field: string): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`no ${field} in /proc/self/status`);
  return Number(kibibytes) * 1024;
}

/** The memory of live objects, after garbage collection. Needs --expose-gc. */
export async function footprint(): Promise<Footprint> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('run with --expose-gc');
  // Three times: finalizers run one turn later, and only the next collection frees the memory that they release.
  for (let i = 0; i < 3; i++) {
    gc();
    await loopTurn();
  }
  const status = fs.readFileSync('/proc/self/status', 'utf8');
  return {
    heap: process.memoryUsage().heapUsed,
    resident: statusBytes(status, 'VmRSS'),
    pageTables: statusBytes(status, 'VmPTE'),
  };
}

/**
 * Bytes per object between two footprints. `residentBytes` is heap and native memory together. No figure counts the
 * kernel's areas (VMAs). VmRSS does not count page tables; they have their own figure.
 */
export function perObject(before: Footprint, after: Footprint, count: number): Figures {
  return {
    heapBytes: (after.heap - before.heap) / count,
    residentBytes: (after.resident - before.resident) / count,
    pageTableBytes: (after.pageTables - before.pageTables) / count,
  };
}
