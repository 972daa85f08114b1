import { chooseCpuPath, type CpuPath } from './cpu-path.js';
import type { Addon } from './addon.js';
import { environment } from '../../core/environment.js';

/** What storeBytes() and fillBytes() do after the store: register 3. */
export const STORE_ONLY = 0;
export const FLUSH = 1;
export const FLUSH_AND_DRAIN = 3;

/**
 * The addon, and what is called once per record: functions of no argument, or one, that read the rest from the registers.
 * That is the cheapest call there is (each further argument costs some 10 ns); held here, so that it is a plain load.
 */
export interface Native {
  readonly addon: Addon;
  readonly cpu: CpuPath;
  readonly registers: Float64Array;
  readonly integers: BigUint64Array;
  readonly flushLines: Addon['flushLines'];
  readonly drainLines: Addon['drainLines'];
  readonly persistLines: Addon['persistLines'];
  readonly persistRanges: Addon['persistRanges'];
  readonly storeBytes: Addon['storeBytes'];
  readonly fillBytes: Addon['fillBytes'];
}

/** @throws as {@link chooseCpuPath}. */
export function nativeCalls(addon: Addon): Native {
  const { flushLines, drainLines, persistLines, persistRanges, storeBytes, fillBytes } = addon;
  return Object.freeze({
    addon,
    cpu: chooseCpuPath(addon, environment),
    registers: new Float64Array(addon.registers),
    integers: new BigUint64Array(addon.registers),
    flushLines,
    drainLines,
    persistLines,
    persistRanges,
    storeBytes,
    fillBytes,
  });
}
