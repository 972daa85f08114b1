import { setImmediate } from 'node:timers/promises';
import type { Addon } from './backend/native/addon.js';
import { loadAddon } from './backend/native/load.js';
import { selectBackend } from './backend/select.js';
import { constants } from './core/constants.js';
import { deviceAlign } from './storage/device-dax.js';
import { type FileSystem, fileSystemOf } from './storage/file-systems.js';
import { forcedGranularity } from './core/granularity.js';
import { identity } from './storage/inode-id.js';
import * as decide from './probe/answers.js';
import { statfsPath, locateTarget, type TargetLocation } from './probe/target-location.js';
import { fileSystemType, readLimits } from './probe/system.js';
import { type TrialRefusal, type FileTrial, type TargetTrials, tryTarget } from './probe/trial.js';
import type { Answer, Probe } from './probe/types.js';
import { kernelDirectAt, type KernelDirect } from './seals/map-direct.js';
import { persistentRegions, weakestDomain, type PowerFailDomain } from './storage/persistent-memory.js';
import { parseTarget, type Target } from './core/target.js';
import { environment } from './core/environment.js';

export type { Answer, Limit, Limits, Probe } from './probe/types.js';

const NO_TRIAL_REMEDY = 'Probe a file that exists, or a directory in which this process may make files.';
const DEVICE_DAX_ALIGN = 2 ** 21; // The default of ndctl, for a device that does not say.

type Unknown = Answer & { readonly answer: 'unknown' };

/** The addon, or the answer to everything that needs it. */
function addonOr(): { addon: Addon } | { unknown: Unknown } {
  if (environment['MAPDIRECT_BACKEND'] === 'emulated') {
    return {
      unknown: {
        answer: 'unknown',
        reason: 'MAPDIRECT_BACKEND=emulated: the kernel is not asked.',
        remedy: 'Unset MAPDIRECT_BACKEND.',
      },
    };
  }
  const loaded = loadAddon();
  if ('addon' in loaded) return loaded;
  return { unknown: { answer: 'unknown', reason: loaded.reason, remedy: loaded.remedy } };
}

/** The answer to what was tried, or 'unknown' with the reason why nothing was. */
function answered<T extends object | number, A>(
  tried: T | TrialRefusal | Unknown,
  answer: (tried: T) => A,
): A | Unknown {
  if (typeof tried !== 'object') return answer(tried);
  if ('refused' in tried) return { answer: 'unknown', reason: tried.refused, remedy: NO_TRIAL_REMEDY };
  if ('answer' in tried) return tried;
  return answer(tried);
}

function pathAnswer({ path, missing, kind, directory }: TargetLocation): Answer<string> {
  if (path === undefined) return { answer: 'unknown', reason: 'The descriptor is of something that has no name.' };
  if (missing === true)
    return { answer: path, reason: `It does not exist; a scratch file in '${directory}' answers for it.` };
  if (kind === 'directory') return { answer: path, reason: 'It is a directory; a scratch file in it answers for it.' };
  return { answer: path };
}

/** Devices are not on the file system that holds their name. */
function fileSystemAt(place: TargetLocation, trial: FileTrial | undefined): FileSystem | undefined {
  if (place.kind === 'device-dax')
    return { name: 'device-dax', domain: 'unknown', note: 'It is a device: no file system.' };
  if (place.kind === 'block') return { name: 'block device', domain: 'storage' };
  const type = trial?.fileSystem ?? fileSystemType(statfsPath(place));
  return type === undefined ? undefined : fileSystemOf(type);
}

function fileSystemAnswer(fileSystem: FileSystem | undefined): Answer<string> {
  if (fileSystem === undefined) return { answer: 'unknown', reason: 'statfs(2) does not tell the file system here.' };
  const { name, note } = fileSystem;
  return note === undefined ? { answer: name } : { answer: name, reason: note };
}

/** The unit of offsets that is not the page: that of a device-dax, or the huge page that hugetlbfs gives as block size. */
function unitAt({ kind, status }: TargetLocation, fileSystem: FileSystem | undefined): number | undefined {
  if (kind === 'device-dax') return deviceAlign(status.rdev);
  return fileSystem?.name === 'hugetlbfs' ? Number(status.blksize) : undefined;
}

function domainUnder({ kind, status }: TargetLocation): PowerFailDomain {
  if (kind === 'device-dax') return weakestDomain(persistentRegions('char', status.rdev));
  return weakestDomain(persistentRegions('block', kind === 'block' ? status.rdev : status.dev));
}

function kernelDirectUnder(
  { kind, directory, status }: TargetLocation,
  native: boolean,
  dax: Answer['answer'],
): KernelDirect {
  if (kind === 'device-dax') return { reason: 'Its driver keeps the blocks where they are: MAP_DIRECT is not needed.' };
  const backend = selectBackend(native ? 'native' : 'emulated');
  return kernelDirectAt(backend, {
    dev: identity(status.dev),
    dax: dax === 'unknown' ? undefined : dax === 'yes',
    directory: () => directory,
  });
}

/**
 * What a mapping of `target` would get, and why not more: the answers of {@link Probe}, each with its reason and remedy.
 * The kernel is asked, not a version number: MAP_SYNC, leases and FIEMAP are tried and undone.
 *
 * A file is opened for reading, without waiting; a directory answers through a scratch file without a name; a path that
 * does not exist through its directory; a descriptor is asked itself and stays open. The file is never changed and
 * nothing is left behind. Where no scratch file can be made, the answers are 'unknown' with the reason. Without the addon
 * only `path`, `fileSystem`, `persistenceDomain` (by file system), `granularity`, `mapDirect`, `pageSize` and part of
 * `limits` are known.
 *
 * Not promised: that it is still so at the next call; that another file of the same file system answers alike (dax can be
 * per file). As with every open and close, POSIX record locks of this process on the file are gone afterwards, and a lease
 * that somebody holds on it is broken: pass a descriptor to avoid both. On a file system without O_TMPFILE the scratch
 * file has a name for a moment, and the directory's time of change moves.
 *
 * Blocks for a few dozen short system calls; it waits for the disk only as stat(2) and open(2) do.
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE: not a target, or MAPDIRECT_DIRECT_FLAG is not a single bit. A system error of `stat`, `fstat` or `open`:
 *   ENOENT when the directory does not exist either, EACCES when the file cannot be read, EBADF for a closed descriptor,
 *   EAGAIN when a lease is being broken, ENODEV for a path that names a pipe, a socket or a device that opening might
 *   disturb. ERR_BACKEND_UNAVAILABLE when the addon is there and does not load.
 * @example
 * const { probeSync } = require('mapdirect');
 * const { fileSystem, mapSync } = probeSync('data.bin');
 * console.log(fileSystem.answer); // e.g. ext4
 * if (mapSync.answer !== 'yes') console.log(mapSync.reason, mapSync.remedy);
 */
export function probeSync(target: Target): Probe {
  const place = locateTarget(parseTarget(target));
  const native = addonOr();
  const { PAGE_SIZE } = constants;
  const addon = 'addon' in native ? native.addon : undefined;
  const length = place.kind === 'device-dax' ? (unitAt(place, undefined) ?? DEVICE_DAX_ALIGN) : PAGE_SIZE;
  const tried: TargetTrials | { file: Unknown; lease: Unknown } =
    'addon' in native ? tryTarget(native.addon, place, length) : { file: native.unknown, lease: native.unknown };

  const fileSystem = fileSystemAt(place, 'extents' in tried.file ? tried.file : undefined);
  const known = fileSystem ?? { name: 'This file system', domain: 'unknown' as const };
  const dax = answered(tried.file, (trial) => decide.daxAnswer(trial.dax));
  const domain = dax.answer === 'yes' ? domainUnder(place) : 'unknown';
  const mapSync = answered(tried.file, ({ mapSync: result, shared }) =>
    decide.mapSyncAnswer({ result, shared, dax: dax.answer, fileSystem: known }),
  );
  return Object.freeze({
    path: pathAnswer(place),
    fileSystem: fileSystemAnswer(fileSystem),
    dax,
    mapSync,
    mapDirect: decide.mapDirectAnswer(kernelDirectUnder(place, addon !== undefined, dax.answer)),
    granularity: decide.granularityAnswer(
      mapSync.answer,
      place.kind,
      domain,
      forcedGranularity(),
      'shared' in tried.file ? tried.file.shared : undefined,
    ),
    persistenceDomain: decide.persistenceDomainAnswer(dax.answer, known, domain),
    flush: 'unknown' in native ? native.unknown : decide.flushAnswer(native.addon.cpuFlushInstructions()),
    leases: answered(tried.lease, decide.leasesAnswer),
    extents: answered(tried.file, ({ extents }) => decide.extentsAnswer(extents, place.kind)),
    align: decide.alignAnswer(place.kind, PAGE_SIZE, unitAt(place, fileSystem)),
    pageSize: { answer: PAGE_SIZE },
    limits: { answer: Object.freeze(readLimits(addon)) },
  });
}

/**
 * As {@link probeSync}, later: the same few short system calls are made on this thread, after the current turn of the
 * event loop. Rejects where that throws.
 *
 * @example
 * import { probe } from 'mapdirect';
 * const { persistenceDomain } = await probe('/dev/shm');
 * console.log(persistenceDomain.answer); // volatile
 */
export async function probe(target: Target): Promise<Probe> {
  await setImmediate();
  return probeSync(target);
}
