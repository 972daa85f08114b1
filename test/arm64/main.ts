// npm run test:arm64 [-- --native | PATTERN...]: the suites of native and conformance with node for arm64 and the
// shipped binary, on an emulated CPU (qemu-user). --native: those of native alone. Without patterns it fails if fewer
// tests pass than are known to.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { leftOut } from './left-out.js';
import { makeMachine, missing, type Machine } from './machine.js';

const SKIPPED = 2;

interface Selection {
  readonly suites: readonly string[];
  /** Fewer passed tests mean that suites have not run, whatever the number of failures. 0: any number. */
  readonly least: number;
}

const ALL: Selection = { suites: ['dist/test/native/', 'dist/test/conformance/'], least: 1900 };
const NATIVE: Selection = { suites: ['dist/test/native/'], least: 150 };
/** Milliseconds. A run that hangs has no results, which is an error. */
const LIMIT = 1_800_000;

interface Results {
  readonly numFailedTests: number;
  readonly numPassedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: ReadonlyArray<{
    readonly name: string;
    readonly message: string;
    readonly assertionResults: ReadonlyArray<{ readonly status: string; readonly fullName: string }>;
  }>;
}

/** The pattern of the names of all other tests. */
function others(): string {
  const names = leftOut.flatMap((each) => each.names);
  return `^(?!.*(?:${names.map((name) => name.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')).join('|')}))`;
}

function runJest(machine: Machine, suites: readonly string[]): Results {
  const output = join(machine.root, 'results.json');
  const options = [`--maxWorkers=${availableParallelism()}`, '--json', `--outputFile=${output}`];
  const jest = ['--expose-gc', 'node_modules/jest/bin/jest.js', ...options, '--testNamePattern', others()];
  spawnSync(machine.node, [...jest, ...suites], {
    cwd: machine.root,
    env: machine.environment,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: LIMIT,
    killSignal: 'SIGKILL',
  });
  return JSON.parse(readFileSync(output, 'utf8')) as Results;
}

/** Prints each test that has not run, with the reason. Returns their number. */
function printSkipped(results: Results): number {
  const pending = results.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'pending');
  for (const { fullName } of pending) {
    const listed = leftOut.find(({ names }) => names.some((name) => fullName.includes(name)));
    const why = listed === undefined ? '' : ` [${listed.reason}: run it on an arm64 machine]`;
    console.log(`skipped: ${fullName}${why}`);
  }
  return pending.length;
}

/** Why fewer tests than `least` are a fault; none if there were enough. */
function tooFew(results: Results, least: number): string[] {
  const passed = results.numPassedTests;
  return passed < least ? [`${passed} tests passed, and ${least} are known to`] : [];
}

/** The names of the list that no test has, in a run of all suites. */
function unusedNames(results: Results): string[] {
  const all = results.testResults.flatMap(({ assertionResults }) => assertionResults);
  return leftOut
    .flatMap(({ names }) => names)
    .filter((name) => !all.some(({ fullName }) => fullName.includes(name)))
    .map((name) => `no test has the name of the list: ${name}`);
}

function selectionOf(args: readonly string[]): Selection {
  if (args.length === 0) return ALL;
  return args[0] === '--native' ? NATIVE : { suites: args, least: 0 };
}

function main(args: readonly string[]): number {
  const selection = selectionOf(args);
  const reason = missing();
  if (reason !== undefined) {
    console.log(`skipped: ${reason}`);
    return SKIPPED;
  }
  const folder = mkdtempSync(join(tmpdir(), 'mapdirect-arm64-'));
  try {
    const results = runJest(makeMachine(folder), selection.suites);
    const skipped = printSkipped(results);
    const faults = [...tooFew(results, selection.least), ...(selection === ALL ? unusedNames(results) : [])];
    for (const fault of faults) console.log(`failed: ${fault}`);
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + faults.length;
    console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
    return failed === 0 && results.numPassedTests > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main(process.argv.slice(2));
