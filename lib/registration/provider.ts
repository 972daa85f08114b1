import type { Region } from '../backend/region.js';
import { errno, systemError } from '../core/errors.js';
import type { Granularity } from '../core/granularity.js';

/** What the registered memory is used for. Reading it locally needs no right. */
export type RegistrationAccess = 'local-write' | 'remote-read' | 'remote-write' | 'remote-atomic' | 'remote-flush';

/** A range to register. The caller has checked it, and the file is sealed. */
export interface RegistrationRequest {
  readonly region: Region;
  /** Bytes from the start of the region. */
  readonly offset: number;
  readonly length: number;
  readonly access: readonly RegistrationAccess[];
  /** The caller's name of the file, for errors. */
  readonly path: string | undefined;
  /** Of `Mapping.durability`: 'byte' and 'cache-line' are persistent memory, unless the granularity was forced. */
  readonly granularity: Granularity;
  readonly forced: boolean;
  /**
   * The descriptor that carries the lock of the seal; -1: none. If the process is killed, the lock must go after the
   * provider. 'verbs' keeps a descriptor of its own above this number (KeepAbove() of
   * src-native/registration/ledger.h). 'io_uring' keeps the lock (src-native/uring/ring.h).
   */
  readonly lockFd: number;
}

/** A registration that is in the ledger of the process. */
export interface Registered {
  /** The number in the ledger. */
  readonly id: number;
  /** The address of the first byte, as the device knows it. */
  readonly address: bigint;
  readonly localKey?: number | undefined;
  readonly remoteKey?: number | undefined;
  /** The device faults pages in, and the kernel can take them back. */
  readonly onDemand: boolean;
  /** Why the provider chose this way: one sentence each. */
  readonly reasons: readonly string[];
  /** The domain of the device: the registration ends with the device. */
  readonly domain?: object | undefined;
  /** Transfers between files and the memory; undefined: the provider has none. */
  readonly transfers?: Transfers | undefined;
  /** What a peer needs to reach the memory, in the form of the provider. */
  descriptor?(): Buffer;
}

/** A transfer between a file and the memory of a registration. All numbers are checked. */
export interface Transfer {
  readonly operation: 'read' | 'write';
  readonly fd: number;
  readonly position: number;
  readonly offset: number;
  readonly length: number;
}

/** Transfers between files and registered memory. */
export interface Transfers {
  transfer(transfer: Transfer): Promise<number>;
  /** The registration has ended. */
  ended(): void;
}

/** A way to register memory. */
export interface RegistrationProvider {
  readonly name: 'verbs' | 'lock' | 'io_uring';
  /**
   * Registers the range, and enters it into the ledger of the process. @throws coded errors: then nothing is
   * registered.
   */
  register(request: RegistrationRequest): Registered;
}

/** The property of a domain that has its provider. Two copies of the package know each other's domains. */
export const PROVIDER: unique symbol = Symbol.for('mapdirect.provider.1');

/** What register() takes as `domain`: a VerbsDomain of mapdirect/rdma. Its one member is for this package alone. */
export interface RegistrationDomain {
  readonly [PROVIDER]: RegistrationProvider;
}

/** @returns undefined: it is no domain. */
export function providerOf(domain: unknown): RegistrationProvider | undefined {
  if (typeof domain !== 'object' || domain === null) return undefined;
  return (domain as Partial<RegistrationDomain>)[PROVIDER];
}

/** For a provider without a device. @throws EOPNOTSUPP: an access of peers. */
export function noPeers(provider: string, access: readonly RegistrationAccess[], path: string | undefined): void {
  const remote = access.find((word) => word.startsWith('remote-'));
  if (remote === undefined) return;
  const why = `provider '${provider}' has no device, so no peer reaches the memory; '${remote}' needs a domain of mapdirect/rdma`;
  throw systemError(errno.EOPNOTSUPP, 'register', path, why);
}
