import { switchedOn } from '../../core/switched-on.js';
import { flushInstructions } from './flush-instructions.js';

/**
 * The environment variable that excludes an instruction. clflush and dc cvac have none: they are the last resort. clwb
 * keeps the line in the cache, clflushopt evicts it, and clflush works on one line at a time. dc cvap reaches the point
 * of persistence. dc cvac reaches only the point of coherency, which is the same memory controller on most machines.
 */
const SWITCHES: Readonly<Record<string, string>> = {
  clwb: 'MAPDIRECT_NO_CLWB',
  clflushopt: 'MAPDIRECT_NO_CLFLUSHOPT',
  'dc cvap': 'MAPDIRECT_NO_CVAP',
};

/**
 * Widths of non-temporal stores in bytes, best first; 0: none. The addon refuses widths that this CPU does not have.
 */
const WIDTHS = [64, 32, 16, 0] as const;
const NO_MOVNT = 'MAPDIRECT_NO_MOVNT';

/** The instructions that make cache lines durable on this CPU. */
export interface CpuPath {
  /** 'clwb', 'clflushopt', 'clflush', 'dc cvap' or 'dc cvac'. */
  readonly flush: string;
  /** Bytes of one non-temporal store; 0: none are used. */
  readonly storeWidth: number;
}

/** The part of the addon that {@link chooseCpuPath} uses. */
export interface CpuPathChooser {
  cpuFlushInstructions(): number;
  /** Negative: this CPU does not have the instruction, or the addon does not use it (dc cvadp). */
  chooseFlush(bit: number): number;
  chooseStores(width: number): number;
}

/** The instructions that the environment excludes. Reads every variable: a wrong value is an error on every CPU. */
function excludedInstructions(environment: NodeJS.ProcessEnv): Set<string> {
  return new Set(Object.keys(SWITCHES).filter((name) => switchedOn(SWITCHES[name] ?? '', environment)));
}

/**
 * Chooses the best flush instruction and the widest non-temporal stores for this thread's addon. The CPU must have
 * them, and the environment must not exclude them (MAPDIRECT_NO_CLWB, MAPDIRECT_NO_CLFLUSHOPT, MAPDIRECT_NO_CVAP,
 * MAPDIRECT_NO_MOVNT, each '1').
 *
 * @throws ERR_INVALID_ARG_VALUE naming the variable.
 */
export function chooseCpuPath(addon: CpuPathChooser, environment: NodeJS.ProcessEnv): CpuPath {
  const excluded = excludedInstructions(environment);
  const widths = switchedOn(NO_MOVNT, environment) ? ([0] as const) : WIDTHS;
  const allowed = flushInstructions(addon.cpuFlushInstructions()).filter(({ name }) => !excluded.has(name));
  const flush = allowed.find(({ bit }) => addon.chooseFlush(bit) >= 0);
  const storeWidth = widths.find((width) => addon.chooseStores(width) >= 0);
  // Every CPU that the addon is built for has clflush or dc cvac, and works without non-temporal stores.
  if (flush === undefined || storeWidth === undefined)
    throw new Error('mapdirect: this CPU cannot write its cache lines back');
  return { flush: flush.name, storeWidth };
}
