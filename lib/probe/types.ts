import type { ListedDevice } from '../registration/listed-devices.js';

/**
 * One answer of {@link probe}: 'yes', 'no', 'unknown', or a value. `reason` explains the answer, and `remedy` tells how
 * to get a better one. A plainly good answer has neither. Programs can rely on the words of `answer`; the sentences may
 * change.
 */
export interface Answer<T extends string | number | object = never> {
  /** The answer in one word, or the value. */
  readonly answer: 'yes' | 'no' | 'unknown' | T;
  /** Why it is not a better answer. Missing: it is the best one. */
  readonly reason?: string;
  /** How to get a better one. Missing: there is none, or none is needed. */
  readonly remedy?: string;
}

/** A soft limit of getrlimit(2): a number of bytes, or of descriptors. */
export type Limit = number | 'unlimited';

/** The limits on the number and the size of mappings. A field is undefined if it cannot be read. Sizes are in bytes. */
export interface Limits {
  /** vm.max_map_count: the mappings of one process, with the mappings of Node itself. */
  readonly maxMapCount?: number;
  /** RLIMIT_NOFILE: one more than the highest descriptor. All mappings of one file share one descriptor. */
  readonly openFiles?: Limit;
  /** RLIMIT_MEMLOCK: locked memory of one process, and apart from it memory that devices have pinned. */
  readonly lockedMemory?: Limit;
  /** What this process has locked (VmLck). */
  readonly lockedMemoryUsed?: number;
  /** What devices have pinned of this process (VmPin). */
  readonly pinnedMemoryUsed?: number;
  /** RLIMIT_AS: address space of one process. */
  readonly addressSpace?: Limit;
  /** RLIMIT_DATA: private, writable memory of one process, with its heap. */
  readonly privateMemory?: Limit;
  /** vm.overcommit_memory. */
  readonly overcommit?: 'heuristic' | 'always' | 'strict';
  /** The largest Buffer of this Node. */
  readonly maxBuffer: number;
  /** The largest view of a mapping, `Mapping.view()`. */
  readonly window: number;
}

/** What `Mapping.register()` would do, for each provider. */
export interface RegistrationAnswers {
  /** Provider 'lock'. */
  readonly lock: Answer;
  /**
   * Provider 'verbs', with a domain of the first device that has an active port. 'unknown' where only the device can
   * say.
   */
  readonly verbs: Answer<'pinned'>;
  /** Provider 'io_uring'. Whether this process may use io_uring is tried. */
  readonly io_uring: Answer<'pinned'>;
}

/** The properties that a mapping of the target would have, with the reasons and remedies. */
export interface Probe {
  /** The absolute path of the target, symbolic links resolved; 'unknown' if a descriptor's file has no name. */
  readonly path: Answer<string>;
  /** The name of the file system, as mount(8) writes it. */
  readonly fileSystem: Answer<string>;
  /**
   * Is the file in memory that the CPU addresses directly (STATX_ATTR_DAX)? This alone promises nothing: see mapSync.
   */
  readonly dax: Answer;
  /** Was MAP_SHARED_VALIDATE | MAP_SYNC granted? Tried for real. */
  readonly mapSync: Answer;
  /** Does the kernel itself seal the block map (MAP_DIRECT)? */
  readonly mapDirect: Answer;
  /** `Durability.granularity` of a mapping with default options. 'no': a file of this kind has no shared mappings. */
  readonly granularity: Answer<'byte' | 'cache-line' | 'page'>;
  /** The place of persisted bytes; see `Durability.domain`. */
  readonly persistenceDomain: Answer<'cpu-cache' | 'memory-controller' | 'storage' | 'volatile'>;
  /**
   * How often the memory modules under the target have lost power without their own flush (the dirty-shutdown count),
   * summed up. Store it with your data: if it is larger at the next start, persisted bytes may be lost. 'unknown' where
   * no module counts, on every ordinary disk for instance.
   */
  readonly unsafeShutdowns: Answer<number>;
  /**
   * The cache-flush instructions of this CPU, best first, with commas: 'clwb, clflushopt, clflush', 'dc cvap, dc cvac'.
   */
  readonly flush: Answer<string>;
  /** Does the file system grant F_SETLEASE F_WRLCK? */
  readonly leases: Answer;
  /** Does the file system answer FIEMAP, so that a seal can be verified? */
  readonly extents: Answer;
  /** The alignment in bytes: `offset` of a mapping must be a multiple of it. */
  readonly align: Answer<number>;
  /** The page size in bytes. */
  readonly pageSize: Answer<number>;
  /** The limits of the process and of the machine. */
  readonly limits: Answer<Limits>;
  /** The RDMA devices that the kernel lists. No library is loaded: `rdma.devices()` of mapdirect/rdma asks a device. */
  readonly rdmaDevices: Answer<readonly ListedDevice[]>;
  /** What `Mapping.register()` of the whole target would do here. 'no': nothing of it can be registered. */
  readonly registration: Answer<RegistrationAnswers>;
}
