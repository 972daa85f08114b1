// In the guest: suites of the host's tree over one place. Arguments: NAME GRANULARITY PATTERN... Prints a line per
// test.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { placeOf } from '../layout.js';
import { suiteSeconds } from '../long-forms.js';
import { prepare } from './mounts.js';
import { ROOT } from '../../support/paths.js';

interface Results {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const [, , name = '', granularity = 'page', ...patterns] = process.argv;
const results = '/tmp/results.json';
/** The emulation is the same on every file system. */
const NATIVE = '^(?!.*\\(emulated\\))';

function say(line: string): void {
  process.stdout.write(`${line.replace(/\n(?=.)/g, '\nvm-note: ')}\n`);
}

const jest = require.resolve('jest/bin/jest');
const args = [
  '--expose-gc',
  jest,
  '--config',
  path.join(ROOT, 'jest.config.js'),
  '--runInBand',
  '--json',
  '--outputFile',
  results,
  '--testTimeout',
  '120000',
  '-t',
  NATIVE,
  ...patterns,
];
const { stderr } = spawnSync(process.execPath, args, {
  cwd: ROOT,
  encoding: 'utf8',
  env: { ...process.env, TMPDIR: prepare(placeOf(name)), MAPDIRECT_TEST_GRANULARITY: granularity },
  timeout: suiteSeconds * 1000,
  maxBuffer: 2 ** 28,
  stdio: ['ignore', 'ignore', 'pipe'],
});
if (!fs.existsSync(results)) say(`vm-test: failed ${name}: jest gave no results: ${stderr.slice(-2000)}`);
else {
  for (const suite of (JSON.parse(fs.readFileSync(results, 'utf8')) as Results).testResults) {
    for (const { status, fullName } of suite.assertionResults) {
      if (status === 'pending' && fullName.includes('(emulated)')) continue;
      say(`vm-test: ${status === 'passed' || status === 'pending' ? status : 'failed'} ${name}: ${fullName}`);
    }
    const failed = suite.assertionResults.flatMap(({ failureMessages }) => failureMessages);
    for (const message of failed) say(`vm-note: ${message}`);
    if (suite.assertionResults.length === 0)
      say(`vm-test: failed ${name}: ${path.basename(suite.name)} did not run: ${suite.message}`);
  }
}
