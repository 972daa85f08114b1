import type { LeaseEvents } from './lease-events.js';
import type { Region, RegionRequest, RegionToken } from './region.js';
import type { FileOperations } from './file-operations.js';
import type { Granularity } from '../core/granularity.js';
import type { Identity } from '../storage/inode-id.js';
import type { Growth } from './map-budget.js';

/**
 * What a backend can do, as data: tests and users branch on it, never on `process.platform`.
 */
export interface Capabilities {
  /** Stores are seen at once by every other mapping of the file, in this and in other processes. */
  readonly coherent: boolean;
  /** `Mapping.address` is the real address of the bytes; otherwise it is 0n. */
  readonly address: boolean;
  /** MAP_SYNC can be asked for. */
  readonly mapSync: boolean;
  /** advise, lock and residency reach the kernel; otherwise they check their arguments and do nothing, and every page
   * counts as resident. */
  readonly paging: boolean;
  /** resize() within `reserve` keeps earlier views valid; otherwise every resize detaches them. */
  readonly growInPlace: boolean;
  /** `size` allocates blocks; otherwise it extends the file with a hole (a full disk shows at persist). */
  readonly allocate: boolean;
  /** Locks of open file descriptions, FIEMAP and leases: seals bind other threads and processes, and are verified. Otherwise
   * a seal binds its own thread only, and nothing of it is verified. */
  readonly sealLocks: boolean;
  /** anonymous({ seals }) is enforced by the kernel; otherwise seals are refused. */
  readonly memorySeals: boolean;
  /** A dropped writable mapping is released by garbage collection even after a view of it was handed out. */
  readonly collectsWithViews: boolean;
  /** arrayBuffer() gives any part; otherwise only the whole mapping, and EOPNOTSUPP for less. */
  readonly partialArrayBuffers: boolean;
  /** The largest mapping in bytes. */
  readonly maxLength: number;
}

/**
 * The contract between the policy in TypeScript and what does the work. Implementations: native.ts (mmap(2) through the
 * addon) and emulated.ts (heap memory, pread and pwrite). One conformance suite runs over both.
 */
export interface Backend {
  readonly kind: 'native' | 'emulated';
  readonly capabilities: Capabilities;
  readonly files: FileOperations;
  /** undefined: the backend has none. */
  readonly leaseEvents: LeaseEvents | undefined;
  /** Why it is this one, a sentence each with the remedy; empty for the native one. */
  readonly reasons: readonly string[];
  /** How a shared mapping of that granularity is persisted: `Durability.method`. */
  method(granularity: Granularity): string;
  map(request: RegionRequest): Region;
  /** A file in memory without a name (memfd_create(2)), `length` bytes long, with F_SEAL_* bits set. */
  memoryFile(name: string, length: number, seals: number): number;
  /** A descriptor of the file of a region that lives in this process, perhaps in another thread: ours, to close.
   * ENOENT: it was closed. The caller checks that it is the right file. */
  attachDescriptor(token: RegionToken, path: string | undefined): number;
  /** Tries on a scratch file in `directory` (of file system `dev`) whether mmap(2) with that flag seals the file. A negative errno: it
   * could not be tried, or mmap(2) refused. */
  tryDirect(directory: string, dev: Identity, flag: number, milliseconds: number): 'sealed' | 'not sealed' | number;
  /** Throws ENOMEM with the remedy for a mapping of more than `capabilities.maxLength` bytes; changes nothing. */
  checkLength(length: number, path: string | undefined): void;
  /** Throws ENOMEM when a call that adds so many areas would bring the process near vm.max_map_count; changes nothing. */
  checkRoom(growth: Growth, path?: string): void;
}
