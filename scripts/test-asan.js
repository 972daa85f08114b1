'use strict';
// npm run test:asan [-- PATTERN...]: builds the addon with AddressSanitizer and UBSan, runs the suites that use it, and
// builds the addon without sanitizers again.

const { execFileSync, spawnSync } = require('node:child_process');
const { availableParallelism } = require('node:os');
const { join } = require('node:path');

const root = join(__dirname, '..');
const SUITES = ['conformance', 'large', 'bad-input', 'differential'];
// AddressSanitizer makes munlock(2) do nothing.
const UNSUITED = '^(?!.*lock and unlock reach the kernel)';

function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  return status ?? 1;
}

function build(...settings) {
  return run('npx', ['node-gyp', 'rebuild', '-j', String(availableParallelism()), '--', '-Dwerror=1', ...settings]);
}

/** The path of a library of the compiler. */
function library(name) {
  return execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
}

function test(suites) {
  return run(process.execPath, ['scripts/test.js', '--runInBand', '-t', UNSUITED, ...suites], {
    LD_PRELOAD: `${library('libasan.so')} ${library('libubsan.so')}`,
    // V8 and Node keep memory until exit on purpose, and Node has signal handlers of its own.
    ASAN_OPTIONS: 'detect_leaks=0:handle_segv=0:handle_sigbus=0:abort_on_error=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    MAPDIRECT_BACKEND: '',
  });
}

function main(patterns) {
  if (build('-Dsanitize=address,undefined') !== 0) return 1;
  const status = test(patterns.length > 0 ? patterns : SUITES);
  const rebuilt = build();
  return status || rebuilt;
}

process.exitCode = main(process.argv.slice(2));
