import type { Backend, Region } from './backend/backend.js';
import { constants, MAP_TYPE } from './constants.js';
import { errno, errnoName } from './errors.js';
import { fileSystemOf } from './file-systems.js';
import type { Granularity } from './registry.js';

/** What persist() guarantees on one mapping, decided once when it was made. Frozen. */
export interface Durability {
  /** The unit in which stores are made durable. */
  readonly granularity: Granularity;
  /** MAP_SYNC was granted: the file's metadata needs no fsync before a flushed store is durable. */
  readonly mapSync: boolean;
  /** How persist() works: 'msync', 'pwrite+fdatasync', or 'none' on a mapping that has nothing to persist. */
  readonly method: string;
  readonly backend: 'native' | 'emulated';
  /** The granularity was set by the environment, for tests; not what the hardware gives. */
  readonly forced: boolean;
  /** Where persisted bytes are: 'volatile' places (tmpfs, memfd) lose them with the power whatever was flushed. */
  readonly domain: 'cpu-cache' | 'memory-controller' | 'storage' | 'volatile' | 'unknown';
  /** Why it is not better, a sentence each, with the remedy. */
  readonly reasons: readonly string[];
}

const { MAP_PRIVATE, MAP_SYNC } = constants;

function syncReason(syncErrno: number, fileSystem: string): string {
  if (syncErrno === errno.EINVAL) return 'MAP_SYNC: this kernel does not know it; Linux 4.15 does.';
  return (
    `MAP_SYNC was refused (${errnoName(syncErrno)}): ${fileSystem} has no DAX for this file. ` +
    'Persistent memory with ext4 or xfs mounted dax=always has; probe() tells what is missing.'
  );
}

/** What the durability of a region depends on. */
interface Granted {
  readonly flags: number;
  readonly syncErrno: number;
  /** f_type of statfs(2); undefined: no file. */
  readonly fileSystem: number | undefined;
}

function decide({ flags, syncErrno, fileSystem }: Granted, backend: Backend): Durability {
  const isPrivate = (flags & MAP_TYPE) === MAP_PRIVATE;
  const system = fileSystem === undefined ? undefined : fileSystemOf(fileSystem);
  const mapSync = (flags & MAP_SYNC) !== 0;
  const reasons = [...backend.reasons];
  if (isPrivate) reasons.push("Nothing is persisted: stores into this mapping never reach the file. access: 'write' does.");
  else if (mapSync) reasons.push('MAP_SYNC was granted, but this version flushes by msync everywhere: granularity is page.');
  else if (syncErrno !== 0) reasons.push(syncReason(syncErrno, system?.name ?? 'memory'));
  const domain = isPrivate ? 'volatile' : (system?.domain ?? 'volatile');
  if (!isPrivate && domain === 'volatile') {
    reasons.push(`${system?.name ?? 'Anonymous memory'} is volatile: nothing there survives a loss of power. Use a file on a disk.`);
  }
  if (!isPrivate && domain === 'unknown') {
    reasons.push(`${system?.name ?? 'This file system'} does not tell whether a sync reaches stable storage. Use a local disk file system.`);
  }
  const method = isPrivate ? 'none' : backend.kind === 'native' ? 'msync' : 'pwrite+fdatasync';
  return Object.freeze({ granularity: 'page', mapSync, method, backend: backend.kind, forced: false, domain, reasons: Object.freeze(reasons) });
}

const known = new Map<string, Durability>();
// What was decided last: as a rule the next mapping is like it.
const last: { backend?: Backend; flags: number; syncErrno: number; fileSystem: number | undefined; durability?: Durability } = {
  flags: 0,
  syncErrno: 0,
  fileSystem: undefined,
};

/** The durability of a region. Equal ones are one object: 60,000 mappings share it. */
export function durabilityOf({ flags, syncErrno, file }: Region, backend: Backend): Durability {
  const fileSystem = file?.fileSystem;
  if (last.durability !== undefined && last.backend === backend && last.flags === flags && last.syncErrno === syncErrno && last.fileSystem === fileSystem) {
    return last.durability;
  }
  const key = `${backend.kind} ${flags & (MAP_TYPE | MAP_SYNC)} ${syncErrno} ${fileSystem ?? '-'}`;
  let durability = known.get(key);
  if (durability === undefined) known.set(key, (durability = decide({ flags, syncErrno, fileSystem }, backend)));
  Object.assign(last, { backend, flags, syncErrno, fileSystem, durability });
  return durability;
}
