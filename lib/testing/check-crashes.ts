import { AssertionError } from 'node:assert';
import { checkOptions } from '../core/check-options.js';
import { invalidType, invalidValue } from '../core/errors.js';
import { checkFlag, checkOneOf } from '../core/validators.js';
import { CrashSimulator } from './crash-simulator.js';
import type { CrashTest } from './crash-test.js';
import type { SimulatedGranularity } from './model.js';
import { GRANULARITIES, parseCheck, type CheckOptions } from './options.js';
import { areCrashesOff, runReal } from './real-run.js';
import type { CrashReport } from './report.js';

const NAMES = [
  'setup',
  'workload',
  'recover',
  'invariant',
  'granularity',
  'exhaustive',
  'size',
  'path',
  'lines',
  'sector',
  'trace',
  'diagnostics',
  'seed',
  'limit',
  'depth',
  'timeout',
  'flips',
  'reads',
  'checksummed',
] as const;

const DEFAULT: readonly SimulatedGranularity[] = Object.freeze(['byte', 'cache-line', 'page']);

function granularitiesOf(given: unknown): readonly SimulatedGranularity[] {
  if (given === undefined) return DEFAULT;
  const list = Array.isArray(given) ? (given as SimulatedGranularity[]) : [given as SimulatedGranularity];
  if (list.length === 0) throw invalidValue('options.granularity', 'must name at least one', given);
  return list.map((each) => checkOneOf(each, 'options.granularity', GRANULARITIES));
}

function refuse(granularity: SimulatedGranularity, report: CrashReport, operator: string): never {
  throw new AssertionError({ message: `granularity '${granularity}': ${report.toString()}`, operator });
}

function checksOf<State>({ limit, depth, timeout, flips, reads, checksummed }: CrashTest<State>): CheckOptions {
  return { limit, depth, timeout, flips, reads, checksummed };
}

async function checkOne<State>(test: CrashTest<State>, granularity: SimulatedGranularity): Promise<CrashReport> {
  const { setup, workload, recover, invariant, size, path, lines, sector, trace, diagnostics, seed } = test;
  const simulator = new CrashSimulator({ size, path, granularity, lines, sector, trace, diagnostics, seed });
  try {
    await setup?.(simulator.mapping);
    simulator.settle();
    await workload(simulator.mapping, (value) => simulator.ack(value));
    const report = await simulator.check(recover, invariant, checksOf(test));
    if (report.failures.length > 0) refuse(granularity, report, 'checkCrashes');
    if (test.exhaustive === true && !report.exhaustive) refuse(granularity, report, 'exhaustive');
    return report;
  } finally {
    simulator.close();
  }
}

/**
 * Checks recovery on each granularity: one call for a test of jest, node:test or vitest.
 *
 * With MAPDIRECT_CRASHES=off in the environment the program runs once over a real mapping of a new file (of `path`, or
 * in the folder for temporary files), and recovery after it, without a crash. The file is removed. There is one report
 * then.
 *
 * @returns the reports, in the order of the granularities.
 * @throws AssertionError with the report: recovery is wrong, or with `exhaustive` a content was left out. The errors of
 *   `setup` and `workload`. ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE.
 * @example
 * import { checkCrashes } from 'mapdirect/testing';
 * await checkCrashes({
 *   size: 4096,
 *   workload: (mapping, ack) => {
 *     mapping.write(Buffer.from('a record'), 8);
 *     mapping.persistWord(0, 1);
 *     ack(1);
 *   },
 *   recover: (mapping) => (mapping.view(0, 1)[0] === 1 ? mapping.view(8, 8).toString() : undefined),
 *   invariant: (record, acks) => record === (acks.length > 0 ? 'a record' : record && 'a record'),
 * });
 */
export async function checkCrashes<State>(options: CrashTest<State>): Promise<readonly CrashReport[]> {
  const test = checkOptions<CrashTest<State>>(options, 'options', NAMES) as CrashTest<State>;
  for (const name of ['workload', 'recover', 'invariant'] as const)
    if (typeof test[name] !== 'function') throw invalidType(`options.${name}`, 'a function', test[name]);
  if (test.setup !== undefined && typeof test.setup !== 'function')
    throw invalidType('options.setup', 'a function', test.setup);
  const exhaustive = checkFlag(test.exhaustive, 'options.exhaustive');
  parseCheck(checksOf(test), test.trace ?? 'diff');
  const granularities = granularitiesOf(test.granularity);
  if (areCrashesOff()) return [await runReal(test)];
  const reports: CrashReport[] = [];
  for (const granularity of granularities) reports.push(await checkOne({ ...test, exhaustive }, granularity));
  return reports;
}
