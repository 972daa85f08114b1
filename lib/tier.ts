import type { Region } from './backend/backend.js';
import type { Durability } from './durability.js';

/**
 * How a mapping makes its bytes durable: a table of functions, chosen once when it is made. Ranges are checked.
 */
export interface Tier {
  /** Starts writing back; durable only after {@link drain}. */
  flush(region: Region, offset: number, length: number): void;
  /** Waits for every flush before it. */
  drain(region: Region): void;
  /** flush and drain. */
  persist(region: Region, offset: number, length: number): void;
  persistAsync(region: Region, offset: number, length: number): Promise<void>;
}

/** msync(2), or its emulation: it waits by itself, so nothing is left to drain. */
const pageTier: Tier = Object.freeze({
  flush: (region: Region, offset: number, length: number) => region.sync(offset, length),
  drain: () => undefined,
  persist: (region: Region, offset: number, length: number) => region.sync(offset, length),
  persistAsync: (region: Region, offset: number, length: number) => region.syncAsync(offset, length),
});

/** Private mappings: nothing of them belongs to a file. */
const privateTier: Tier = Object.freeze({
  flush: () => undefined,
  drain: () => undefined,
  persist: () => undefined,
  persistAsync: () => Promise.resolve(),
});

/** The tier that gives `durability`. */
export function tierFor(durability: Durability): Tier {
  return durability.method === 'none' ? privateTier : pageTier;
}
