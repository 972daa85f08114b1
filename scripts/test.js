'use strict';
// npm test [-- JEST ARGUMENTS]: runs all suites of dist/test, and then the suites of durability again, once with each
// granularity forced. Prints the skipped tests, and at the end "N passed, N failed, N skipped" over all runs.
// MAPDIRECT_FORCE_GRANULARITY in the environment forces one granularity for all suites, and leaves the other runs out.

const { spawnSync } = require('node:child_process');
const { accessSync, constants, mkdtempSync, readFileSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const root = join(__dirname, '..');
const config = require('../jest.config.js');
const GRANULARITIES = ['byte', 'cache-line', 'page'];
const FORCED_SUITES = ['durability', 'persist-ranges', 'store', 'views', 'deep-persist', 'flush-and-resize'].map(
  (name) => `dist/test/conformance/${name}.test.js`,
);
// Options of jest whose value is the next argument.
const WITH_VALUE = new Set(['-t', '--testNamePattern', '-w', '--maxWorkers', '--testTimeout']);

const suites = readdirSync(join(root, 'dist', 'test'), { recursive: true })
  .filter((name) => name.endsWith('.test.js'))
  .map((name) => `dist/test/${name}`);

/** The patterns among the arguments: a suite runs if its path matches one of them. */
function patternsOf(args) {
  return args.filter((word, index) => !word.startsWith('-') && !WITH_VALUE.has(args[index - 1]));
}

/** The suites whose path matches the pattern, as jest does it. */
function matching(pattern) {
  const expression = new RegExp(pattern, 'i');
  return suites.filter((path) => expression.test(path));
}

/** The names and patterns that match no suite. A suite that was moved or renamed must not disappear in silence. */
function unmatched(patterns) {
  return [
    ...FORCED_SUITES.filter((path) => !suites.includes(path)),
    ...patterns.filter((each) => !matching(each).length),
  ];
}

/**
 * Temporary files of the forced runs lie in memory, which stands in for persistent memory. The first run uses the disk.
 */
function inMemory() {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return { TMPDIR: '/dev/shm' };
  } catch {
    return {};
  }
}

/** The run of one granularity. Its cache is outside of /dev/shm, where it would stay for ever. */
function forcedRun(granularity, forcedSuites) {
  return {
    name: `granularity '${granularity}' forced`,
    config: {
      ...config,
      cacheDirectory: join(tmpdir(), 'mapdirect-jest'),
      testMatch: forcedSuites.map((path) => join(root, path)),
    },
    env: { ...inMemory(), MAPDIRECT_FORCE_GRANULARITY: granularity },
  };
}

/** The runs that the arguments ask for. */
function runsOf(patterns) {
  const everything = { name: 'all suites', config, env: {} };
  if (process.env.MAPDIRECT_FORCE_GRANULARITY) return [everything];
  const chosen = patterns.length === 0 ? suites : patterns.flatMap(matching);
  const forced = FORCED_SUITES.filter((path) => chosen.includes(path));
  return forced.length === 0
    ? [everything]
    : [everything, ...GRANULARITIES.map((granularity) => forcedRun(granularity, forced))];
}

/** Runs jest once. Returns its results; undefined: it wrote none. */
function runJest({ name, config: jestConfig, env }, args) {
  const scratch = mkdtempSync(join(tmpdir(), 'mapdirect-test-'));
  const output = join(scratch, 'results.json');
  const jest = [require.resolve('jest/bin/jest'), '--config', JSON.stringify(jestConfig)];
  try {
    const { status } = spawnSync(
      process.execPath,
      ['--expose-gc', ...jest, '--json', '--outputFile', output, ...args],
      {
        cwd: root,
        // With --json jest also prints the results on standard output. Its report for people is on standard error.
        stdio: ['inherit', 'ignore', 'inherit'],
        env: { ...process.env, ...env },
      },
    );
    return { status, ...JSON.parse(readFileSync(output, 'utf8')) };
  } catch (error) {
    console.error(`no results of ${name}: ${error.message}`);
    return undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The counts of one run. A run that fails without a failed test counts as one failure. */
function countsOf(results) {
  if (results === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const { status, numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = results;
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed, skipped: numPendingTests };
}

/** The title of a skipped test has the reason and the remedy. */
function printSkipped(results) {
  for (const { status, fullName } of results.testResults.flatMap(({ assertionResults }) => assertionResults))
    if (status === 'pending') console.log(`skipped: ${fullName}`);
}

function main(args) {
  const patterns = patternsOf(args);
  const missing = unmatched(patterns);
  const total = { passed: 0, failed: missing.length, skipped: 0 };
  for (const name of missing) console.error(`no suite matches ${name}`);
  for (const run of missing.length === 0 ? runsOf(patterns) : []) {
    console.error(`\n${run.name}:`);
    const results = runJest(run, args);
    for (const [outcome, count] of Object.entries(countsOf(results))) total[outcome] += count;
    if (results !== undefined) printSkipped(results);
  }
  console.log('(Real DAX and MAP_SYNC need a guest machine: npm run test:vm.)');
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
