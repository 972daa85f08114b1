import { flushInstructions } from '../backend/native/flush-instructions.js';
import { errnoName } from '../core/errors.js';
import type { FileSystem } from '../storage/file-systems.js';
import type { Granularity } from '../core/granularity.js';
import type { FileType } from '../storage/inode-type.js';
import type { PersistentRegion, PowerFailDomain } from '../storage/persistent-memory.js';
import type { Dimm } from '../storage/unsafe-shutdowns.js';
import type { KernelDirect } from '../seals/map-direct.js';
import type { TargetLocation } from './target-location.js';
import type { Answer, Probe } from './types.js';

/**
 * The decisions of probe(): from a result of the kernel (0, or a negative errno) to yes, no or unknown. They make no
 * system call.
 */

const ON_DAX =
  'Use a file on ext4 or xfs, mounted with -o dax=always, on a persistent-memory namespace in fsdax mode ' +
  '(ndctl create-namespace --mode=fsdax), or a device-dax.';

export function pathAnswer({ path, missing, kind, directory }: TargetLocation): Answer<string> {
  if (path === undefined) return { answer: 'unknown', reason: 'The file of this descriptor has no name.' };
  if (missing === true)
    return { answer: path, reason: `It does not exist; a scratch file in '${directory}' answers for it.` };
  if (kind === 'directory') return { answer: path, reason: 'It is a directory; a scratch file in it answers for it.' };
  return { answer: path };
}

/** @param fileSystem - undefined: statfs(2) failed. */
export function fileSystemAnswer(fileSystem: FileSystem | undefined): Answer<string> {
  if (fileSystem === undefined) return { answer: 'unknown', reason: 'statfs(2) does not report the file system here.' };
  const { name, note } = fileSystem;
  return note === undefined ? { answer: name } : { answer: name, reason: note };
}

function unexpectedErrno(call: string, result: number): Answer {
  return { answer: 'unknown', reason: `${call} failed with ${errnoName(result)}, which answers nothing.` };
}

/** @param dax - STATX_ATTR_DAX (Linux 5.8); undefined: the kernel does not report it. */
export function daxAnswer(dax: boolean | undefined): Answer {
  if (dax === undefined) {
    return {
      answer: 'unknown',
      reason: 'This kernel does not report STATX_ATTR_DAX.',
      remedy: 'Linux 5.8 and newer report it. mapSync was tried and is the better answer.',
    };
  }
  if (dax) return { answer: 'yes' };
  return { answer: 'no', reason: 'The file goes through the page cache.', remedy: ON_DAX };
}

/** The facts for {@link mapSyncAnswer}. */
export interface SyncTrial {
  /** The result of mmap(2) with MAP_SHARED_VALIDATE | MAP_SYNC. */
  readonly result: number;
  /** The result with MAP_SHARED alone, if tried. After EINVAL, 0 means that the kernel does not know the flags. */
  readonly shared: number | undefined;
  readonly dax: Answer['answer'];
  readonly fileSystem: FileSystem;
}

function syncRefusedAnswer({ dax, fileSystem }: SyncTrial): Answer {
  if (dax === 'yes' && fileSystem.name === 'fuse') {
    return { answer: 'no', reason: "virtiofs has DAX but refuses MAP_SYNC: the pages are the host's.", remedy: ON_DAX };
  }
  if (dax === 'yes') {
    return {
      answer: 'no',
      reason: 'The file is on DAX, but MAP_SYNC was refused: the device needs its own flush, as virtio-pmem does.',
      remedy: 'Give the machine an NVDIMM (QEMU: -device nvdimm) in place of virtio-pmem.',
    };
  }
  if (fileSystem.domain === 'volatile') {
    return { answer: 'no', reason: `${fileSystem.name} is not on persistent memory.`, remedy: ON_DAX };
  }
  if (fileSystem.name === 'ext4' || fileSystem.name === 'xfs') {
    return {
      answer: 'no',
      reason:
        dax === 'no'
          ? `${fileSystem.name} keeps this file in the page cache: it has no persistent memory, or is not mounted with dax.`
          : `${fileSystem.name} refused MAP_SYNC: it has no persistent memory, is not mounted with dax, or is on virtio-pmem.`,
      remedy: `${ON_DAX} With dax=inode the file itself needs the flag (xfs_io -c "chattr +x").`,
    };
  }
  return { answer: 'no', reason: `${fileSystem.name} does not support MAP_SYNC.`, remedy: ON_DAX };
}

/** Is MAP_SYNC granted? The trial is the only proof: `dax` and the flags in /proc/self/smaps prove nothing. */
export function mapSyncAnswer(trial: SyncTrial): Answer {
  if (trial.result === 0) return { answer: 'yes' };
  switch (errnoName(trial.result)) {
    case 'EOPNOTSUPP':
      return syncRefusedAnswer(trial);
    case 'EINVAL':
      // MAP_SHARED_VALIDATE came with Linux 4.15. An older kernel refuses it with EINVAL, and accepts MAP_SHARED.
      if (trial.shared !== 0) break;
      return {
        answer: 'no',
        reason: 'This kernel does not know MAP_SHARED_VALIDATE.',
        remedy: 'MAP_SYNC needs Linux 4.15 or newer.',
      };
    case 'ENODEV':
      return { answer: 'no', reason: 'This kind of file cannot be mapped.', remedy: 'Use a regular file.' };
    case 'EACCES':
      return {
        answer: 'unknown',
        reason: 'The descriptor is not open for reading, so it could not be tried.',
        remedy: 'Probe the path, or a descriptor opened for reading.',
      };
  }
  return unexpectedErrno('mmap(2) with MAP_SYNC', trial.result);
}

export function mapDirectAnswer(kernel: KernelDirect): Answer {
  if ('reason' in kernel) return { answer: 'no', reason: kernel.reason };
  return {
    answer: 'yes',
    reason: 'MAPDIRECT_DIRECT_FLAG names its bit, and a scratch file mapped with it could not be truncated.',
  };
}

/** The facts for {@link granularityAnswer}. */
export interface GranularityFacts {
  readonly mapSync: Answer['answer'];
  readonly kind: FileType;
  /** The domain of the persistent memory under the file. */
  readonly domain: PowerFailDomain;
  /** MAPDIRECT_FORCE_GRANULARITY. */
  readonly forced: Granularity | undefined;
  /** The result of mmap(2) without MAP_SYNC, if tried. */
  readonly shared?: number | undefined;
}

export function granularityAnswer(facts: GranularityFacts): Probe['granularity'] {
  const { mapSync, kind, domain, forced, shared } = facts;
  if (shared !== undefined && shared < 0 && errnoName(shared) === 'ENODEV') {
    return {
      answer: 'no',
      reason: 'A file of this kind has no shared mappings.',
      remedy: 'Use a regular file of another file system.',
    };
  }
  if (forced !== undefined) {
    return {
      answer: forced,
      reason: 'MAPDIRECT_FORCE_GRANULARITY sets it, for tests.',
      remedy: 'Unset the variable to get the granularity of this machine.',
    };
  }
  if (mapSync !== 'yes' && kind !== 'device-dax')
    return { answer: 'page', reason: 'Without MAP_SYNC a flush is msync(2), which works on whole pages.' };
  if (domain === 'cpu-cache') return { answer: 'byte' };
  return {
    answer: 'cache-line',
    reason: 'The platform does not flush the CPU caches when the power fails, or does not report that it does.',
  };
}

/** @param domain - the domain of the persistent memory under a file on DAX. */
export function persistenceDomainAnswer(
  dax: Answer['answer'],
  fileSystem: FileSystem,
  domain: PowerFailDomain,
): Probe['persistenceDomain'] {
  if (dax !== 'yes') {
    const { domain: own, note } = fileSystem;
    if (own === 'storage') return { answer: own };
    return { answer: own, reason: note ?? `${fileSystem.name} is not known to this package.` };
  }
  if (domain !== 'unknown') return { answer: domain };
  return {
    answer: domain,
    reason:
      'The file is on DAX, but no persistence_domain under /sys/bus/nd/devices tells what the platform flushes at power loss.',
  };
}

/**
 * The sum over all modules of memory under the target. A module that does not count makes the sum unknown. A part of
 * the device that is not persistent memory does so, too.
 */
export function unsafeShutdownsAnswer(
  regions: readonly PersistentRegion[],
  dimms: readonly Dimm[],
): Probe['unsafeShutdowns'] {
  if (regions.length === 0 || regions.some(({ path }) => path === undefined)) {
    return {
      answer: 'unknown',
      reason:
        'Not all of the device under the target is persistent memory; other devices do not count unsafe shutdowns.',
    };
  }
  if (dimms.length === 0) {
    return {
      answer: 'unknown',
      reason: 'The region of persistent memory names no memory module (virtio-pmem, memmap=), so nothing counts.',
    };
  }
  const silent = dimms.filter(({ unsafeShutdowns }) => unsafeShutdowns === undefined).map(({ name }) => name);
  if (silent.length === 0) return { answer: dimms.reduce((sum, { unsafeShutdowns = 0 }) => sum + unsafeShutdowns, 0) };
  return {
    answer: 'unknown',
    reason: `No dirty_shutdown count under /sys/bus/nd/devices for ${silent.join(', ')}: its firmware does not report one.`,
    remedy:
      'The modules of Intel Optane, of POWER servers and of CXL (Linux 6.16) report it; the NVDIMMs of QEMU do not.',
  };
}

/** @param bits - the result of cpuFlushInstructions() of the addon. */
export function flushAnswer(bits: number): Answer<string> {
  const names = flushInstructions(bits).map(({ name }) => name);
  if (names.length === 0) return { answer: 'no', reason: 'This CPU offers no cache flush instruction to programs.' };
  return {
    answer: names.join(', '),
    reason: 'These are the instructions of the CPU. durability.method of a mapping names the one that it uses.',
  };
}

/** @param result - of F_SETLEASE F_WRLCK on a scratch file that no other process can have open. */
export function leasesAnswer(result: number): Answer {
  if (result === 0) return { answer: 'yes' };
  switch (errnoName(result)) {
    case 'EINVAL':
      return {
        answer: 'no',
        reason: 'This file system grants no leases, or fs.leases-enable is 0.',
        remedy: 'Set /proc/sys/fs/leases-enable to 1, or use ext4, xfs or tmpfs.',
      };
    case 'EAGAIN':
      return {
        answer: 'no',
        reason: 'This file system grants no write lease, not even on a file that no other process has open.',
      };
    case 'EACCES':
    case 'EPERM':
      return {
        answer: 'no',
        reason: 'This process may not take leases.',
        remedy: 'Own the file, or run with CAP_LEASE.',
      };
  }
  return unexpectedErrno('F_SETLEASE', result);
}

/** @param result - of FIEMAP. */
export function extentsAnswer(result: number, kind: FileType): Answer {
  if (result === 0) return { answer: 'yes' };
  if (kind === 'device-dax') return { answer: 'no', reason: 'A device-dax is one extent, and nothing can move it.' };
  switch (errnoName(result)) {
    case 'EOPNOTSUPP':
    case 'ENOTTY':
    case 'ENOSYS':
      return {
        answer: 'no',
        reason: 'There is no FIEMAP here: the places of the blocks cannot be read, so a seal could not be verified.',
        remedy: 'Use ext4 or xfs.',
      };
  }
  return unexpectedErrno('FIEMAP', result);
}

/** @param unit - the alignment of a device-dax, or the page size of hugetlbfs, in bytes; undefined: not known. */
export function alignAnswer(kind: FileType, pageSize: number, unit: number | undefined): Answer<number> {
  if (kind !== 'device-dax') return { answer: unit ?? pageSize };
  if (unit !== undefined) return { answer: unit };
  return { answer: 'unknown', reason: 'The alignment of this device could not be read from /sys/dev/char.' };
}
