import { constants } from '../core/constants.js';
import { forcedGranularity } from '../core/granularity.js';
import { listDevices } from '../registration/listed-devices.js';
import { weakestDomain } from '../storage/persistent-memory.js';
import { dimmsOf } from '../storage/unsafe-shutdowns.js';
import type { AskedAddon, Unknown } from './addon.js';
import * as decide from './answers.js';
import * as decideRegistration from './registration-answers.js';
import { registrationFactsOf } from './registration-facts.js';
import { readLimits } from './system.js';
import { fileSystemAt, kernelDirectOf, offsetUnitAt, persistentRegionsAt, trialLength } from './target-facts.js';
import type { TargetLocation } from './target-location.js';
import { type TargetTrials, type TrialRefusal, tryTarget } from './trial.js';
import type { Probe } from './types.js';

const NO_TRIAL_REMEDY = 'Probe a file that exists, or a directory in which this process may make files.';

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

/** The answers of probe() about a target, by trials with the addon where there is one. @throws the errors of trials. */
export function probeTarget(location: TargetLocation, native: AskedAddon): Probe {
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
