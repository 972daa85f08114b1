'use strict';
// npm test [jest arguments]: the whole suite over dist/, then the suites of durability once more with each granularity
// forced, and a closing line "N passed, N failed, N skipped" over all of it.

const { spawnSync } = require('node:child_process');
const { accessSync, constants, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const root = join(__dirname, '..');
const config = require('../jest.config.js');
const FORCED_SUITES = ['durability', 'persist-ranges', 'store', 'views', 'deep-persist', 'flush-and-resize'];

const everything = { name: 'everything', config, env: {} };
const forced = ['byte', 'cache-line', 'page'].map((granularity) => ({
  name: `granularity '${granularity}' forced`,
  // Not in the temporary directory of below: nobody would remove it there.
  config: {
    ...config,
    cacheDirectory: join(tmpdir(), 'mapdirect-jest'),
    testMatch: [`**/conformance/{${FORCED_SUITES.join(',')}}.test.js`],
  },
  env: { ...memory(), MAPDIRECT_FORCE_GRANULARITY: granularity },
}));
const asked = process.env.MAPDIRECT_FORCE_GRANULARITY;

/** Temporary files in memory, which stands in for persistent memory. A disk has had its turn in the first run. */
function memory() {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return { TMPDIR: '/dev/shm' };
  } catch {
    return {};
  }
}

/** Runs jest once; the results, or undefined. */
function run({ name, config: jestConfig, env }, more) {
  const scratch = mkdtempSync(join(tmpdir(), 'mapdirect-test-'));
  const results = join(scratch, 'results.json');
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        '--expose-gc',
        require.resolve('jest/bin/jest'),
        '--config',
        JSON.stringify(jestConfig),
        '--json',
        '--outputFile',
        results,
        ...more,
      ],
      // The JSON also goes to standard output, which nobody needs here; the report is on standard error.
      { cwd: root, stdio: ['inherit', 'ignore', 'inherit'], env: { ...process.env, ...env } },
    );
    return { status, ...JSON.parse(readFileSync(results, 'utf8')) };
  } catch (error) {
    console.error(`no test results of ${name}: ${error.message}`);
    return undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const total = { passed: 0, failed: 0, skipped: 0 };
let good = true;
const args = process.argv.slice(2);

// Whoever forces one granularity for the whole suite gets that.
for (const each of asked ? [everything] : [everything, ...forced]) {
  if (each !== everything) console.error(`\n${each.name}:`);
  const results = run(each, each === everything ? args : ['--passWithNoTests', ...args]);
  good &&= results?.status === 0;
  if (results === undefined) continue;
  const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites, testResults } = results;
  total.passed += numPassedTests;
  total.failed += numFailedTests + numRuntimeErrorTestSuites;
  total.skipped += numPendingTests;
  for (const test of testResults.flatMap((suite) => suite.assertionResults)) {
    if (test.status === 'pending') console.log(`skipped: ${test.fullName}`);
  }
}

console.log('(Real DAX and MAP_SYNC need a guest machine: npm run test:vm.)');
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(good && total.passed > 0 ? 0 : 1);
