'use strict';
// npm run test:old-glibc [-- --node PATH]: each public call with the shipped binary on glibc 2.31, that of Debian 11.
// It fetches this C library with apt, and runs node through its loader: the system stays as it is. PATH: an official
// binary of Node 20, whose own floor is glibc 2.28. Exit code 2: something is missing, and is told.

const { spawnSync } = require('node:child_process');
const { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { parseArgs } = require('node:util');

const root = join(__dirname, '..');
const MISSING = 2;
const VERSION = '2.31';
const SUITE = 'bullseye';
const PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1'];
const { values } = parseArgs({ options: { node: { type: 'string', default: process.execPath } } });

class Missing extends Error {}

function run(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (error || status !== 0)
    throw new Missing(`${program} ${args[0]}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  return stdout;
}

/** Debian's packages, unpacked. Returns the folders of the libraries. */
function fetchLibraries(folder) {
  for (const each of ['lists/partial', 'cache/archives/partial', 'deb', 'system'])
    mkdirSync(join(folder, each), { recursive: true });
  const list = join(folder, 'sources.list');
  writeFileSync(list, `deb http://deb.debian.org/debian ${SUITE} main\n`);
  const places = { 'Etc::sourcelist': list, 'Etc::sourceparts': '/dev/null', 'State::lists': join(folder, 'lists') };
  const options = Object.entries({ ...places, Cache: join(folder, 'cache') }).flatMap(([name, value]) => [
    '-o',
    `Dir::${name}=${value}`,
  ]);
  run('apt-get', [...options, '-qq', 'update']);
  const wanted = PACKAGES.map((name) => `${name}/${SUITE}`);
  run('apt-get', [...options, '-qq', 'download', ...wanted], { cwd: join(folder, 'deb') });
  const system = join(folder, 'system');
  for (const file of readdirSync(join(folder, 'deb'))) run('dpkg', ['-x', join(folder, 'deb', file), system]);
  return ['lib', 'usr/lib'].map((part) => join(system, part, 'x86_64-linux-gnu'));
}

/** The package as it is shipped: with its prebuilt binary only. Returns the program that makes each public call. */
function copyPackage(folder) {
  const shipped = join('prebuilds', 'linux-x64');
  if (!existsSync(join(root, shipped))) throw new Missing(`no ${shipped}: npm run build:prebuilds -- --arch x64`);
  for (const part of ['package.json', 'dist', shipped, 'test/runtimes'])
    cpSync(join(root, part), join(folder, 'package', part), { recursive: true });
  return join(folder, 'package', 'test', 'runtimes', 'tour.cjs');
}

function test(folder) {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Missing('it runs on Linux on x86_64');
  const tour = copyPackage(folder);
  const libraries = fetchLibraries(folder);
  const start = [join(libraries[0], `ld-${VERSION}.so`), '--library-path', libraries.join(':'), values.node];
  const on = (args, options) => spawnSync(start[0], [...start.slice(1), ...args], { encoding: 'utf8', ...options });
  const { stdout: seen, stderr } = on(['-p', 'process.report.getReport().header.glibcVersionRuntime']);
  if (seen.trim() !== VERSION) throw new Missing(`${values.node} does not run on glibc ${VERSION}: ${stderr.trim()}`);
  return on([tour], { stdio: 'inherit' }).status ?? 1;
}

function main() {
  const folder = mkdtempSync(join(tmpdir(), 'mapdirect-glibc-'));
  try {
    return test(folder);
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    console.log(`skipped: ${error.message}`);
    return MISSING;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.exitCode = main();
