'use strict';
// npm run test:native [-- --seconds N] [--seed N]: builds and runs the programs of test/native/tables. They run all of
// src-native over a miniature of Node-API, under ThreadSanitizer, AddressSanitizer and UBSan. --seconds: the duration
// of each storm, 8 by default.

const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { availableParallelism, tmpdir } = require('node:os');
const { dirname, join } = require('node:path');
const { parseArgs } = require('node:util');
const mutants = require('./native-mutants.js');

const root = join(__dirname, '..');
const source = join(root, 'src-native');
const folder = join(root, 'test', 'native', 'tables');
const compiler = process.env.CXX ?? 'g++';
const SKIPPED = 77;
const MUTANT_SECONDS = 20; // at most: a mutant's storm ends when it finds the fault

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '8' }, seed: { type: 'string' } } });
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 32));

const SANITIZERS = {
  thread: {
    flag: 'thread',
    library: 'libtsan.so',
    env: { TSAN_OPTIONS: 'halt_on_error=1 exitcode=66 second_deadlock_stack=1 report_thread_leaks=0' },
  },
  address: {
    flag: 'address,undefined',
    library: 'libasan.so',
    env: { ASAN_OPTIONS: 'handle_sigbus=0', UBSAN_OPTIONS: 'print_stacktrace=1' },
  },
};

const total = { passed: 0, failed: 0, skipped: 0 };

function report(outcome, name, reason) {
  total[outcome]++;
  console.log(`${outcome}: ${name}${reason === undefined ? '' : `: ${reason}`}`);
}

const run = (command, args, options = {}) =>
  spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26, ...options });

/** The folder of node_api.h: node-gyp's, else the one of the running node. */
function headers() {
  const config = join(root, 'build', 'config.gypi');
  const nodedir = existsSync(config) ? /"nodedir": "(.*)"/.exec(readFileSync(config, 'utf8'))?.[1] : undefined;
  const folders = [nodedir, dirname(dirname(process.execPath))].filter((each) => each !== undefined);
  return folders.map((each) => join(each, 'include', 'node')).find((each) => existsSync(join(each, 'node_api.h')));
}

/** The reason why nothing can be compiled here, with the remedy; undefined: it can. */
function obstacle(include) {
  if (run(compiler, ['--version']).status !== 0 || run('make', ['--version']).status !== 0) {
    return 'there is no C++ compiler or no make; apt-get install g++ make';
  }
  return include === undefined ? 'the headers of Node.js are missing; npm run build:native downloads them' : undefined;
}

/** The reason why a sanitizer does not work here, with the remedy; undefined: it works. */
function sanitizerObstacle({ flag, library }, scratch) {
  const program = join(scratch, 'empty');
  writeFileSync(`${program}.cc`, 'int main() {}\n');
  const compiled = run(compiler, [`-fsanitize=${flag}`, `${program}.cc`, '-o', program]);
  if (compiled.status !== 0) return `${library} is missing; apt-get install libgcc-12-dev, or the one of this compiler`;
  if (run(program).status === 0) return undefined;
  return `a program with -fsanitize=${flag} does not start; sysctl vm.mmap_rnd_bits=28 helps if the kernel's layout is too random`;
}

function make(sanitizer, include, target, more = []) {
  const out = join(root, 'build', 'native-tables', sanitizer);
  mkdirSync(out, { recursive: true });
  const settings = {
    OUT: out,
    SANITIZE: SANITIZERS[sanitizer].flag,
    NODE: include,
    ADDON_API: join(root, 'node_modules', 'node-addon-api'),
    CXX: compiler,
  };
  const args = [
    '--silent',
    `-j${availableParallelism()}`,
    '-C',
    folder,
    ...Object.entries(settings).map((pair) => pair.join('=')),
  ];
  const { status } = run('make', [...args, ...more, target ?? join(out, 'storm')], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${sanitizer}: does not compile`);
  return target ?? join(out, 'storm');
}

/** Runs a program with a scratch folder. `status` of the result is the exit code, or null after a signal. */
function start(program, sanitizer, args, stdio) {
  const scratch = mkdtempSync(join(tmpdir(), 'mapdirect-native-'));
  try {
    return run(program, [scratch, ...args], { stdio, env: { ...process.env, ...SANITIZERS[sanitizer].env } });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function storm(sanitizer, include) {
  const { status } = start(make(sanitizer, include), sanitizer, [values.seconds, seed], 'inherit');
  if (status === SKIPPED)
    return report(
      'skipped',
      'storm',
      `the file system of ${tmpdir()} has no leases; set TMPDIR to a folder on ext4, xfs or tmpfs`,
    );
  report(status === 0 ? 'passed' : 'failed', `storm, -fsanitize=${SANITIZERS[sanitizer].flag}`, `seed ${seed}`);
}

function scenarios(include) {
  const program = make('address', include, join(root, 'build', 'native-tables', 'address', 'scenarios'));
  const { stdout, status } = start(program, 'address', [], ['inherit', 'pipe', 'inherit']);
  let failed = 0;
  for (const line of stdout.split('\n')) {
    const [, outcome, name] = /^(passed|failed|skipped): (.*)$/.exec(line) ?? [];
    if (outcome === undefined) continue;
    if (outcome === 'failed') failed++;
    report(outcome, name);
  }
  if (status !== 0 && failed === 0) report('failed', 'scenarios', `exit code ${status}`);
}

/** Runs a storm over a source with a change. It must fail with the symptom of the change, and not otherwise. */
function mutant({ name, file, change, symptom }, include, scratch) {
  const text = readFileSync(join(source, file), 'utf8');
  const changed = change(text);
  if (changed === text) return report('failed', name, `the change does not fit ${file} any more`);
  const place = mkdtempSync(join(scratch, 'mutant-'));
  mkdirSync(join(place, dirname(file)));
  writeFileSync(join(place, file), changed);
  const program = make('thread', include, join(place, 'storm'), [`MUTANT=${place}`]);
  const { status, stderr } = start(
    program,
    'thread',
    [symptom === undefined ? '3' : String(MUTANT_SECONDS), seed],
    'pipe',
  );
  if (status === SKIPPED) return report('skipped', name, 'no storm can run here, see above');
  const good = symptom === undefined ? status === 0 : status !== 0 && symptom.test(stderr);
  report(good ? 'passed' : 'failed', name, good ? undefined : `exit code ${status}, seed ${seed}\n${stderr}`);
}

/** Compiles the source for other platforms, without linking it. */
function unsupported(include) {
  const flags = ['-std=c++17', '-fno-exceptions', '-fno-rtti', '-Wall', '-Wextra', '-Werror', '-fsyntax-only'];
  const defines = [
    'NAPI_VERSION=8',
    'NAPI_DISABLE_CPP_EXCEPTIONS',
    'NODE_ADDON_API_DISABLE_DEPRECATED',
    'NODE_ADDON_API_ENABLE_MAYBE',
  ];
  const folders = [source, include, join(root, 'node_modules', 'node-addon-api')].map((each) => `-I${each}`);
  const { status } = run(
    compiler,
    [...flags, ...defines.map((each) => `-D${each}`), ...folders, join(source, 'unsupported.cc')],
    { stdio: 'inherit' },
  );
  report(status === 0 ? 'passed' : 'failed', 'unsupported.cc compiles');
}

/** Counts a program that does not compile as one failure, so that the others still run. */
function attempt(work) {
  try {
    work();
  } catch (error) {
    report('failed', error.message);
  }
}

function main(scratch) {
  const include = headers();
  const reason = obstacle(include);
  if (reason !== undefined) return report('skipped', 'the native sources under sanitizers', reason);
  unsupported(include);
  for (const sanitizer of Object.keys(SANITIZERS)) {
    const missing = sanitizerObstacle(SANITIZERS[sanitizer], scratch);
    if (missing !== undefined) {
      report('skipped', `-fsanitize=${SANITIZERS[sanitizer].flag}`, missing);
      continue;
    }
    attempt(() => storm(sanitizer, include));
    if (sanitizer === 'address') attempt(() => scenarios(include));
    for (const each of sanitizer === 'thread' ? mutants : []) attempt(() => mutant(each, include, scratch));
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'mapdirect-mutants-'));
try {
  main(scratch);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed + total.skipped > 0 ? 0 : 1;
