import { FaultGuard } from './fault-guard.js';
import { chooseCpuPath, type CpuPath } from './cpu-path.js';
import type { Addon } from './addon.js';
import { environment } from '../../core/environment.js';

/** Register 3 of storeBytes() and fillBytes(): nothing is done after the store, so the bytes may stay in the cache. */
export const STORE_ONLY = 0;
/** Register 3: the bytes are on their way to memory on return. Bit 0 of src-native/persist/store.cc. */
export const FLUSH = 1;
/** Register 3: these bytes and all bytes that were flushed before have reached memory on return. Bits 0 and 1. */
export const FLUSH_AND_DRAIN = 3;

/**
 * The addon, and its functions that are called once per record. They have no argument or one, and read the rest from
 * the registers, because each argument of a call costs some 10 ns. Each function is a property here, so that finding it
 * is one plain load.
 */
export interface Native {
  readonly addon: Addon;
  readonly cpu: CpuPath;
  readonly registers: Float64Array;
  readonly integers: BigUint64Array;
  /** The low and the high half of each register. */
  readonly halves: Uint32Array;
  readonly faultGuard: FaultGuard;
  readonly flushLines: Addon['flushLines'];
  readonly drainLines: Addon['drainLines'];
  readonly persistLines: Addon['persistLines'];
  readonly persistRanges: Addon['persistRanges'];
  readonly storeBytes: Addon['storeBytes'];
  readonly fillBytes: Addon['fillBytes'];
  readonly storeWord: Addon['storeWord'];
}

/** @throws as {@link chooseCpuPath}. */
export function nativeCalls(addon: Addon): Native {
  const { flushLines, drainLines, persistLines, persistRanges, storeBytes, fillBytes, storeWord } = addon;
  const registers = new Float64Array(addon.registers);
  return Object.freeze({
    addon,
    cpu: chooseCpuPath(addon, environment),
    registers,
    integers: new BigUint64Array(addon.registers),
    halves: new Uint32Array(addon.registers),
    faultGuard: new FaultGuard(addon, registers),
    flushLines,
    drainLines,
    persistLines,
    persistRanges,
    storeBytes,
    fillBytes,
    storeWord,
  });
}
