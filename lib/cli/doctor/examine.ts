import { errnoName } from '../../core/errors.js';
import { forcedGranularity } from '../../core/granularity.js';
import { parseTarget } from '../../core/target.js';
import type { AskedAddon } from '../../probe/addon.js';
import { probeTarget } from '../../probe/probe-target.js';
import { rdmaAnswer } from '../../probe/registration-answers.js';
import { locateTarget, statfsPath, type TargetLocation } from '../../probe/target-location.js';
import { fileSystemType } from '../../probe/system.js';
import type { Answer, Probe } from '../../probe/types.js';
import { listDevices } from '../../registration/listed-devices.js';
import { canBeSealed } from '../../seals/sealable.js';
import type { Enforcement } from '../../seals/options.js';
import { mountPointOf, type MountPoint } from '../../storage/mount-point.js';
import { readText } from '../../storage/sysfs.js';
import { askBackend, type AskedBackend } from './backend-answer.js';
import { hugePagesAnswer } from './huge-pages.js';

/** Everything that the doctor knows: the answers of probe(), and some more. */
export interface Examination extends Probe {
  /** The backend of a mapping with default options. 'no': map() throws. */
  readonly backend: AskedBackend['backend'];
  readonly mount: Answer<MountPoint>;
  /** The strongest enforcement that a seal can have. */
  readonly seals: Answer<Enforcement>;
  /** Can one entry of the page tables map 2 MiB of it? */
  readonly hugePages: Answer;
  /** The areas of memory that this process has; `limits.maxMapCount` is the most. */
  readonly mapCount: Answer<number>;
  /** May this process use io_uring? */
  readonly ioUring: Answer;
  /** Can a domain of mapdirect/rdma be opened? */
  readonly rdma: Answer;
}

function mountAnswer(location: TargetLocation): Examination['mount'] {
  const found = mountPointOf(statfsPath(location));
  return found === undefined ? { answer: 'unknown', reason: '/proc does not tell.' } : { answer: found };
}

function sealsAnswer(
  location: TargetLocation,
  { mapDirect, leases, fileSystem }: Probe,
  { answer: backend }: Examination['backend'],
): Examination['seals'] {
  if (backend === 'no') return { answer: 'no', reason: NO_BACKEND };
  if (backend === 'emulated')
    return { answer: 'advisory', reason: 'On the emulation a seal binds only its own thread.' };
  if (location.kind === 'device-dax' || mapDirect.answer === 'yes') return { answer: 'kernel' };
  if (location.kind === 'block') return { answer: 'no', reason: 'Only regular files and device-dax can be sealed.' };
  const type = fileSystemType(statfsPath(location));
  if (type === undefined) return { answer: 'unknown', reason: 'The file system is not known.' };
  if (!canBeSealed(type)) {
    const reason = `${fileSystem.answer} is not known to leave the blocks of a file in place.`;
    return { answer: 'no', reason, remedy: 'Use a file on ext4, xfs or tmpfs.' };
  }
  const reason = fileSystem.answer === 'btrfs' ? 'Only files that are NOCOW (chattr +C) can be sealed.' : undefined;
  return { answer: leases.answer === 'yes' ? 'lease' : 'advisory', reason };
}

export function ioUringAnswer(asked: AskedAddon): Answer {
  if ('unknown' in asked) return asked.unknown;
  const result = asked.addon.uringTry();
  if (result === 0) return { answer: 'yes' };
  return {
    answer: 'no',
    reason: `io_uring_setup(2) is ${errnoName(result)}: the kernel lacks it, or a container or kernel.io_uring_disabled forbids it.`,
    remedy: 'Set kernel.io_uring_disabled to 0, and allow io_uring in the seccomp profile of the container.',
  };
}

function mapCountAnswer(): Examination['mapCount'] {
  const maps = readText('/proc/self/maps');
  return maps === undefined
    ? { answer: 'unknown', reason: '/proc does not tell.' }
    : { answer: maps.split('\n').length };
}

const NO_BACKEND = 'Without a backend map() is an error.';

/** With a forced 'byte' or 'cache-line', persist() never writes a file on a disk to the disk. */
function domainAnswer({ persistenceDomain }: Probe, hasBackend: boolean): Probe['persistenceDomain'] {
  if (!hasBackend) return { answer: 'unknown', reason: NO_BACKEND };
  const forced = forcedGranularity();
  if (forced === undefined || forced === 'page') return persistenceDomain;
  return { answer: 'unknown', reason: 'The granularity is forced, which says nothing about power.' };
}

/**
 * Asks the machine and the path. Changes nothing, and leaves nothing behind.
 *
 * @throws the errors of probeSync(), except for a binary that does not load.
 */
export function examine(path: string, backend = askBackend()): Examination {
  const location = locateTarget(parseTarget(path));
  const probe = probeTarget(location, backend.asked);
  const mount = mountAnswer(location);
  const hasBackend = backend.backend.answer !== 'no';
  return {
    ...probe,
    granularity: hasBackend ? probe.granularity : { answer: 'no', reason: NO_BACKEND },
    persistenceDomain: domainAnswer(probe, hasBackend),
    backend: backend.backend,
    mount,
    seals: sealsAnswer(location, probe, backend.backend),
    hugePages: hugePagesAnswer(location, probe, typeof mount.answer === 'object' ? mount.answer : undefined),
    mapCount: mapCountAnswer(),
    ioUring: ioUringAnswer(backend.asked),
    rdma: rdmaAnswer(listDevices()),
  };
}
