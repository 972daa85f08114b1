import { switchedOn } from '../../core/switched-on.js';

/** An instruction that writes a cache line back, as the addon names it by a bit. */
interface FlushInstruction {
  readonly bit: number;
  readonly name: string;
  /** The environment variable that rules it out; undefined: it is the last resort. */
  readonly switch?: string;
}

// Best first. clwb keeps the line in the cache; clflushopt throws it out; clflush does one line at a time. dc cvap reaches
// the point of persistence; dc cvac only that of coherency, which on most machines is the same memory controller.
const instructions: readonly FlushInstruction[] = [
  { bit: 4, name: 'clwb', switch: 'MAPDIRECT_NO_CLWB' },
  { bit: 2, name: 'clflushopt', switch: 'MAPDIRECT_NO_CLFLUSHOPT' },
  { bit: 1, name: 'clflush' },
  { bit: 16, name: 'dc cvap', switch: 'MAPDIRECT_NO_CVAP' },
  { bit: 8, name: 'dc cvac' },
];

/** Widths of non-temporal stores, best first; 0: none. The addon refuses those that this CPU does not have. */
const WIDTHS = [64, 32, 16, 0] as const;
const NO_MOVNT = 'MAPDIRECT_NO_MOVNT';

/** Which instructions make cache lines durable on this CPU. */
export interface CpuPath {
  /** 'clwb', 'clflushopt', 'clflush', 'dc cvap' or 'dc cvac'. */
  readonly flush: string;
  /** Bytes that one non-temporal store writes; 0: they are not used. */
  readonly storeWidth: number;
}

/** What {@link chooseCpuPath} asks of the addon. */
export interface CpuPathChooser {
  cpuFlushInstructions(): number;
  /** Negative: this CPU does not have it. */
  chooseFlush(bit: number): number;
  chooseStores(width: number): number;
}

function ruledOut(name: string | undefined, environment: NodeJS.ProcessEnv): boolean {
  return name !== undefined && switchedOn(name, environment);
}

/**
 * Chooses, for this thread's addon, the best flush instruction and the widest non-temporal stores that the CPU has and the
 * environment (MAPDIRECT_NO_CLWB, MAPDIRECT_NO_CLFLUSHOPT, MAPDIRECT_NO_CVAP, MAPDIRECT_NO_MOVNT, each '1') does not rule out.
 *
 * @throws ERR_INVALID_ARG_VALUE naming the variable.
 */
export function chooseCpuPath(addon: CpuPathChooser, environment: NodeJS.ProcessEnv): CpuPath {
  // All of them, before anything is chosen: a wrong value is an error on every CPU.
  const allowed = instructions.filter((candidate) => !ruledOut(candidate.switch, environment));
  const widths = ruledOut(NO_MOVNT, environment) ? ([0] as const) : WIDTHS;
  const bits = addon.cpuFlushInstructions();
  const flush = allowed.find(({ bit }) => (bits & bit) !== 0 && addon.chooseFlush(bit) >= 0);
  const storeWidth = widths.find((width) => addon.chooseStores(width) >= 0);
  // Every CPU of the architectures that the addon is built for has the last of each list.
  if (flush === undefined || storeWidth === undefined)
    throw new Error('mapdirect: this CPU cannot write its cache lines back');
  return { flush: flush.name, storeWidth };
}
