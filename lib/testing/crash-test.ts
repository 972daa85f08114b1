import type { Mapping } from '../mapping/mapping.js';
import type { Invariant, Recover } from './attempt.js';
import type { SimulatedGranularity } from './model.js';
import type { CheckOptions, SimulatorOptions } from './options.js';

/** The argument of checkCrashes(). */
export interface CrashTest<State> extends Omit<SimulatorOptions, 'granularity'>, CheckOptions {
  /** Makes the content before the test: it survives every crash. Default: zeros. */
  readonly setup?: ((mapping: Mapping) => unknown) | undefined;
  /** The program under test. It calls `ack` where it acknowledges something. */
  readonly workload: (mapping: Mapping, ack: (value?: unknown) => void) => unknown;
  /** See CrashSimulator.check(). */
  readonly recover: Recover<State>;
  /** See CrashSimulator.check(). */
  readonly invariant: Invariant<State>;
  /** The granularities to test. Default: 'byte', 'cache-line' and 'page'. */
  readonly granularity?: SimulatedGranularity | readonly SimulatedGranularity[] | undefined;
  /** A content that was left out is a failure, too. Default: false. */
  readonly exhaustive?: boolean | undefined;
}
