import type { BackingFile } from '../file/backing-file.js';
import type { Granularity } from './granularity.js';
import type { Identity } from '../storage/inode-id.js';
import type { SealedInode } from '../seals/sealed-inode.js';
import type { Turns } from './keyed-lock.js';

/**
 * What one thread knows of its mappings. Two copies of the package in one thread share it (they must agree on what is
 * open, and later on what is sealed), so it hangs on globalThis under a versioned symbol and holds data only: a change
 * of its shape is a new version.
 */
export interface Registry {
  /** Live mappings and their bytes, by granularity. */
  readonly mappings: Record<Granularity, number>;
  readonly bytes: Record<Granularity, number>;
  /** Mappings that nobody closed and garbage collection unmapped. */
  leaked: number;
  /** Open files behind mappings, by inode number. Where that names a file the sets are short: one for each device and access mode. */
  readonly files: Map<Identity, Set<BackingFile>>;
  /** What is sealed here, by device and inode. */
  readonly seals: Map<string, SealedInode>;
  /** What is just being sealed; each resolves when that has ended. */
  readonly sealing: Turns;
  /** What must not be garbage collected: mappings with a pin, emulated ones with stores to write back. */
  readonly held: Set<object>;
}

const KEY = Symbol.for('mapdirect.registry.2');

function create(): Registry {
  return {
    mappings: { byte: 0, 'cache-line': 0, page: 0 },
    bytes: { byte: 0, 'cache-line': 0, page: 0 },
    leaked: 0,
    files: new Map(),
    seals: new Map(),
    sealing: new Map(),
    held: new Set(),
  };
}

const shared = globalThis as { [KEY]?: Registry };

/** This thread's registry. */
export const registry: Registry = (shared[KEY] ??= create());

/** Live mappings of this thread, whichever copy of the package made them. */
export function liveMappings(): number {
  const { mappings } = registry;
  return mappings.byte + mappings['cache-line'] + mappings.page;
}
