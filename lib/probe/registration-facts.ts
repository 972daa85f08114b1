import { memoryKindOf, refusesUnsoundPins, type MemoryKind } from '../registration/memory-kind.js';
import { pagesOnDemand } from '../registration/rdma-devices.js';
import type { ListedDevice } from '../registration/listed-devices.js';
import { canBeSealed } from '../seals/sealable.js';
import { fileSystemOf } from '../storage/file-systems.js';
import type { RegistrationFacts } from './registration-answers.js';
import { mayLockAll } from './system.js';
import type { TargetLocation } from './target-location.js';
import type { FileTrial } from './trial.js';
import type { Limits } from './types.js';

function kindOf({ kind }: TargetLocation, trial: FileTrial | undefined): MemoryKind | undefined {
  if (kind === 'device-dax') return 'device-dax';
  if (trial?.fileSystem === undefined) return undefined;
  return memoryKindOf({ file: { device: undefined, dax: trial.dax, fileSystem: trial.fileSystem } });
}

function unsealable({ kind }: TargetLocation, trial: FileTrial | undefined): string | undefined {
  if (kind === 'device-dax' || trial?.fileSystem === undefined) return undefined;
  if (kind !== 'file' && kind !== 'directory') return 'only regular files and device-dax can be sealed';
  if (canBeSealed(trial.fileSystem)) return undefined;
  return `${fileSystemOf(trial.fileSystem).name} is not known to leave the blocks of a file in place`;
}

/** Facts of the target and of this process. @param ring - of uringTry(). */
export function registrationFactsOf(
  target: TargetLocation,
  trial: FileTrial | undefined,
  { lockedMemory, pinnedMemoryUsed }: Limits,
  devices: readonly ListedDevice[],
  ring: number,
): RegistrationFacts {
  return {
    kind: kindOf(target, trial),
    unsealable: unsealable(target, trial),
    memory: { limit: lockedMemory, pinned: pinnedMemoryUsed, unlimited: mayLockAll() },
    devices,
    ring,
    softOnDemand: devices.some(({ driver }) => driver === 'rxe' && pagesOnDemand(driver)),
    soundPins: refusesUnsoundPins(),
  };
}
