/**
 * One answer of {@link probe}: yes, no, unknown, or a value. `reason` says why, `remedy` what would make it better; a
 * plain good answer has neither. The words of `answer` are interface, the sentences are not.
 */
export interface Answer<T extends string | number | object = never> {
  readonly answer: 'yes' | 'no' | 'unknown' | T;
  readonly reason?: string;
  readonly remedy?: string;
}

/** A soft limit of getrlimit(2). */
export type Limit = number | 'unlimited';

/** What bounds the number and the size of mappings; a field is undefined when it cannot be read. Sizes in bytes. */
export interface Limits {
  /** vm.max_map_count: mappings of one process, those of Node itself included. */
  readonly maxMapCount?: number;
  /** RLIMIT_NOFILE: one more than the highest descriptor. Mappings of one file share one. */
  readonly openFiles?: Limit;
  /** RLIMIT_MEMLOCK. */
  readonly lockedMemory?: Limit;
  /** RLIMIT_AS. */
  readonly addressSpace?: Limit;
  /** vm.overcommit_memory. */
  readonly overcommit?: 'heuristic' | 'always' | 'strict';
  /** The largest Buffer of this Node. */
  readonly maxBuffer: number;
  /** The largest view of a mapping, `Mapping.view()`. */
  readonly window: number;
}

/** What a mapping of the target would get, and why not more. */
export interface Probe {
  /** The absolute path of the target, symbolic links resolved; 'unknown' for a descriptor of something without a name. */
  readonly path: Answer<string>;
  /** Its name, as mount(8) writes it. */
  readonly fileSystem: Answer<string>;
  /** Is the file in memory that the CPU addresses directly (STATX_ATTR_DAX)? Alone it promises nothing: see mapSync. */
  readonly dax: Answer;
  /** Was MAP_SHARED_VALIDATE | MAP_SYNC granted? Tried for real. */
  readonly mapSync: Answer;
  /** Does the kernel itself seal the block map (MAP_DIRECT)? */
  readonly mapDirect: Answer;
  /** `Durability.granularity` of a mapping made with the defaults. Never 'no'. */
  readonly granularity: Answer<'byte' | 'cache-line' | 'page'>;
  /** Where bytes are once they are persisted. */
  readonly persistenceDomain: Answer<'cpu-cache' | 'memory-controller' | 'storage' | 'volatile'>;
  /** The cache flush instructions of this CPU, best first, separated by commas: 'clwb, clflushopt, clflush', 'dc cvap, dc cvac'. */
  readonly flush: Answer<string>;
  /** Does the file system grant F_SETLEASE F_WRLCK? */
  readonly leases: Answer;
  /** Does it answer FIEMAP, so that a seal can be verified? */
  readonly extents: Answer;
  /** What `offset` must be a multiple of, in bytes. */
  readonly align: Answer<number>;
  /** In bytes. */
  readonly pageSize: Answer<number>;
  readonly limits: Answer<Limits>;
}
