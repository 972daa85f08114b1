'use strict';
// npm run test:asan [-- PATTERN...]: builds the addon with AddressSanitizer and UBSan, and runs the suites that use it.
// All of it happens in a copy of the package: the build of this tree stays as it is.

const { execFileSync, spawnSync } = require('node:child_process');
const { cpSync, mkdtempSync, rmSync, symlinkSync } = require('node:fs');
const { availableParallelism, tmpdir } = require('node:os');
const { join } = require('node:path');

const root = join(__dirname, '..');
const PARTS = ['binding.gyp', 'dist', 'jest.config.js', 'package.json', 'scripts', 'src-native', 'test'];
const SUITES = ['conformance', 'large', 'bad-input', 'differential'];
// AddressSanitizer makes munlock(2) do nothing.
const UNSUITED = '^(?!.*lock and unlock reach the kernel)';
const cpus = String(availableParallelism());

function copyTo(folder) {
  for (const part of PARTS) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

function run(cwd, command, args, env = {}) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
  return status ?? 1;
}

function build(folder) {
  const settings = ['-Dwerror=1', '-Dsanitize=address,undefined'];
  return run(folder, 'npx', ['node-gyp', 'rebuild', '-j', cpus, '--', ...settings]);
}

/** The path of a library of the compiler. */
function library(name) {
  return execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
}

function test(folder, suites) {
  return run(folder, process.execPath, ['scripts/test.js', '--runInBand', '-t', UNSUITED, ...suites], {
    LD_PRELOAD: `${library('libasan.so')} ${library('libubsan.so')}`,
    // V8 and Node keep memory until exit on purpose, and Node has signal handlers of its own.
    ASAN_OPTIONS: 'detect_leaks=0:handle_segv=0:handle_sigbus=0:abort_on_error=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    MAPDIRECT_BACKEND: '',
  });
}

function main(patterns) {
  const folder = mkdtempSync(join(tmpdir(), 'mapdirect-asan-'));
  try {
    copyTo(folder);
    return build(folder) || test(folder, patterns.length > 0 ? patterns : SUITES);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main(process.argv.slice(2));
