import { setImmediate } from 'node:timers/promises';
import type { Addon } from './backend/native/addon.js';
import { loadAddon } from './backend/native/load.js';
import { backendOfEnvironment } from './backend/select.js';
import { constants } from './core/constants.js';
import { forcedGranularity } from './core/granularity.js';
import { parseTarget, type Target } from './core/target.js';
import * as decide from './probe/answers.js';
import * as decideRegistration from './probe/registration-answers.js';
import { registrationFactsOf } from './probe/registration-facts.js';
import { readLimits } from './probe/system.js';
import { fileSystemAt, kernelDirectOf, offsetUnitAt, persistentRegionsAt, trialLength } from './probe/target-facts.js';
import { locateTarget } from './probe/target-location.js';
import { type TargetTrials, type TrialRefusal, tryTarget } from './probe/trial.js';
import type { Answer, Probe } from './probe/types.js';
import { listDevices } from './registration/listed-devices.js';
import { weakestDomain } from './storage/persistent-memory.js';
import { dimmsOf } from './storage/unsafe-shutdowns.js';

export type { Answer, Limit, Limits, Probe, RegistrationAnswers } from './probe/types.js';

const NO_TRIAL_REMEDY = 'Probe a file that exists, or a directory in which this process may make files.';

type Unknown = Answer & { readonly answer: 'unknown' };

/** The addon, or the answer to every question that needs it. */
function addonOrUnknown(): { addon: Addon } | { unknown: Unknown } {
  if (backendOfEnvironment() === 'emulated') {
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

/** The answer from a trial. If the trial could not be made: 'unknown', with the reason. */
function fromTrial<T extends object | number, A>(
  trial: T | TrialRefusal | Unknown,
  answer: (trial: T) => A,
): A | Unknown {
  if (typeof trial !== 'object') return answer(trial);
  if ('refused' in trial) return { answer: 'unknown', reason: trial.refused, remedy: NO_TRIAL_REMEDY };
  if ('answer' in trial) return trial;
  return answer(trial);
}

/**
 * The properties that a mapping of `target` would have, with the reasons and remedies: the answers of {@link Probe}.
 * They come from trials, not from a version number: MAP_SYNC, leases and FIEMAP are tried, and undone.
 *
 * A file is opened for reading, without waiting. A directory answers through a scratch file without a name. A path that
 * does not exist answers through its directory. A descriptor is used itself, and stays open. The file is never changed,
 * and no file is left behind. If no scratch file can be made, the answers are 'unknown' with the reason. Without the
 * addon only `path`, `fileSystem`, `persistenceDomain` (by file system), `unsafeShutdowns`, `granularity`, `mapDirect`,
 * `pageSize`, `rdmaDevices` and part of `limits` are known.
 *
 * Not promised: that a later call gets the same answers, or that another file of the same file system does (DAX can be
 * a property of a file). As with every open and close, the POSIX record locks of this process on the file are released,
 * and the lease of another process on it is broken: pass a descriptor to avoid both. On a file system without O_TMPFILE
 * the scratch file has a name for a moment, and the modification time of the directory changes.
 *
 * Blocks for a few dozen short system calls. It waits for the disk only in stat(2) and open(2).
 *
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE: not a target, MAPDIRECT_DIRECT_FLAG is not a single
 *   bit, or MAPDIRECT_BACKEND is not a backend. A system error of `stat`, `fstat` or `open`: ENOENT if the directory
 *   does not exist either, EACCES if the file cannot be read, EBADF for a closed descriptor, EAGAIN while a lease is
 *   being broken, ENODEV for a path of a pipe, a socket or a device that open() could disturb. ERR_BACKEND_UNAVAILABLE
 *   if the addon exists and does not load.
 *
 * @example
 * const { probeSync } = require('mapdirect');
 * const { fileSystem, mapSync } = probeSync('data.bin');
 * console.log(fileSystem.answer); // e.g. ext4
 * if (mapSync.answer !== 'yes') console.log(mapSync.reason, mapSync.remedy);
 */
export function probeSync(target: Target): Probe {
  const location = locateTarget(parseTarget(target));
  const native = addonOrUnknown();
  const trials: TargetTrials | { file: Unknown; lease: Unknown } =
    'addon' in native
      ? tryTarget(native.addon, location, trialLength(location))
      : { file: native.unknown, lease: native.unknown };

  const file = 'extents' in trials.file ? trials.file : undefined;
  const fileSystem = fileSystemAt(location, file);
  const known = fileSystem ?? { name: 'This file system', domain: 'unknown' as const };
  const dax = fromTrial(trials.file, (trial) => decide.daxAnswer(trial.dax));
  const regions = persistentRegionsAt(location);
  const domain = dax.answer === 'yes' ? weakestDomain(regions) : 'unknown';
  const mapSync = fromTrial(trials.file, ({ mapSync: result, shared }) =>
    decide.mapSyncAnswer({ result, shared, dax: dax.answer, fileSystem: known }),
  );
  const { PAGE_SIZE } = constants;
  const limits = Object.freeze(readLimits('addon' in native ? native.addon : undefined));
  const devices = listDevices();
  return Object.freeze({
    path: decide.pathAnswer(location),
    fileSystem: decide.fileSystemAnswer(fileSystem),
    dax,
    mapSync,
    mapDirect: decide.mapDirectAnswer(kernelDirectOf(location, 'addon' in native ? 'native' : 'emulated', dax.answer)),
    granularity: decide.granularityAnswer({
      mapSync: mapSync.answer,
      kind: location.kind,
      domain,
      forced: forcedGranularity(),
      shared: file?.shared,
    }),
    persistenceDomain: decide.persistenceDomainAnswer(dax.answer, known, domain),
    unsafeShutdowns: decide.unsafeShutdownsAnswer(regions, dimmsOf(regions)),
    flush: 'unknown' in native ? native.unknown : decide.flushAnswer(native.addon.cpuFlushInstructions()),
    leases: fromTrial(trials.lease, decide.leasesAnswer),
    extents: fromTrial(trials.file, ({ extents }) => decide.extentsAnswer(extents, location.kind)),
    align: decide.alignAnswer(location.kind, PAGE_SIZE, offsetUnitAt(location, fileSystem)),
    pageSize: { answer: PAGE_SIZE },
    limits: { answer: limits },
    rdmaDevices: decideRegistration.rdmaDevicesAnswer(devices),
    registration:
      'unknown' in native
        ? native.unknown
        : decideRegistration.registrationAnswer(
            registrationFactsOf(location, file, limits, devices, native.addon.uringTry()),
          ),
  });
}

/**
 * As {@link probeSync}, in a later turn of the event loop: the system calls are the same, and this thread makes them.
 * Rejects with the errors that probeSync() throws.
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
