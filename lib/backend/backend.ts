import type { FaultEvents } from './fault-events.js';
import type { LeaseEvents } from './lease-events.js';
import type { Region, RegionRequest, RegionToken } from './region.js';
import type { RegistrationLedger } from './registrations.js';
import type { FileOperations } from './file-operations.js';
import type { Granularity, Guarantee } from '../core/granularity.js';
import type { Identity } from '../storage/inode-id.js';
import type { Growth } from './map-budget.js';

/** The capabilities of a backend, as data. Tests and callers branch on them, never on `process.platform`. */
export interface Capabilities {
  /** Every other mapping of the file, in this and in other processes, sees a store at once. */
  readonly coherent: boolean;
  /** `Mapping.address` is the real address of the bytes; otherwise it is 0n. */
  readonly address: boolean;
  /** The backend can ask for MAP_SYNC. */
  readonly mapSync: boolean;
  /** advise, lock and residency reach the kernel. Otherwise they check their arguments only, and every page counts as
   * resident. */
  readonly paging: boolean;
  /** resize() within `reserve` keeps earlier views valid. Otherwise every resize detaches them. */
  readonly growInPlace: boolean;
  /** `size` allocates blocks. Otherwise it extends the file with a hole, and a full disk shows at persist(). */
  readonly allocate: boolean;
  /**
   * The backend has locks of open file descriptions, FIEMAP and leases: a seal binds other threads and processes, and
   * can be verified. Otherwise a seal binds its own thread only, and cannot be verified.
   */
  readonly sealLocks: boolean;
  /** The kernel enforces anonymous({ seals }). Otherwise the backend refuses seals. */
  readonly memorySeals: boolean;
  /** Garbage collection releases a dropped writable mapping even after a caller got a view of it. */
  readonly collectsWithViews: boolean;
  /** arrayBuffer() gives any part. Otherwise it gives the whole mapping only, and EOPNOTSUPP for a part. */
  readonly partialArrayBuffers: boolean;
  /** The largest mapping in bytes. */
  readonly maxLength: number;
}

/**
 * The contract between the policy in TypeScript and its two implementations: native/ (mmap(2) through the addon) and
 * emulated/ (heap memory, pread and pwrite). One conformance suite runs over both.
 */
export interface Backend {
  readonly kind: 'native' | 'emulated';
  readonly capabilities: Capabilities;
  readonly files: FileOperations;
  /** undefined: the backend has none. */
  readonly leaseEvents: LeaseEvents | undefined;
  /** undefined: the backend has no memory that a device could reach. */
  readonly registrations: RegistrationLedger | undefined;
  /** undefined: there are no faults. */
  readonly faultEvents: FaultEvents | undefined;
  /** Set by mapdirect/testing: the guarantee that its mappings simulate. undefined: the real one counts. */
  readonly simulates?: Guarantee | undefined;
  /** The reasons for the choice of this backend: one sentence each, with the remedy. Empty for the native one. */
  readonly reasons: readonly string[];
  /** `Durability.method` of a shared mapping of that granularity. */
  method(granularity: Granularity): string;
  map(request: RegionRequest): Region;
  /** A file in memory without a name (memfd_create(2)), `length` bytes long, with F_SEAL_* bits set. */
  memoryFile(name: string, length: number, seals: number): number;
  /** A new descriptor of the file of a region in this process, perhaps of another thread. The caller closes it, and
   * checks that it is of the right file. @throws ENOENT: the region was closed. */
  attachDescriptor(token: RegionToken, path: string | undefined): number;
  /**
   * Tries on a scratch file in `directory` (of file system `dev`) whether mmap(2) with that flag seals the file. A
   * negative errno: the trial was impossible, or mmap(2) refused.
   */
  tryDirect(directory: string, dev: Identity, flag: number, milliseconds: number): 'sealed' | 'not sealed' | number;
  /** Changes nothing. @throws ENOMEM, with the remedy: more than `capabilities.maxLength` bytes. */
  checkLength(length: number, path: string | undefined): void;
  /** Changes nothing. @throws ENOMEM: a call that adds so many areas would bring the process near vm.max_map_count. */
  checkRoom(growth: Growth, path?: string): void;
}
