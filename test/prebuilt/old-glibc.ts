// npm run test:old-glibc [-- --node PATH]: each public call with the shipped binary on glibc 2.31, that of Debian 11.
// It fetches this C library with apt, and runs node through its loader: the system stays as it is. PATH: an official
// binary of Node 20, whose own floor is glibc 2.28. Exit code 2: something is missing, and is told.
import { spawnSync, type SpawnSyncOptionsWithStringEncoding } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../support/paths.js';
import { packagesOf } from '../vm/host/packages.js';
import { Missing } from '../vm/host/tools.js';

const SKIPPED = 2;
const VERSION = '2.31';
const SUITE = 'bullseye';
const PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1'];

/** The folders of the libraries, unpacked into `folder`. @throws Missing */
function fetchLibraries(folder: string): string[] {
  const packages = packagesOf(SUITE);
  return PACKAGES.flatMap((name) => {
    const to = join(folder, name);
    packages.fetch(name, to);
    return ['lib', 'usr/lib'].map((part) => join(to, part, 'x86_64-linux-gnu'));
  });
}

/** Copies the package as it is shipped, with its prebuilt binary only. @returns the program of each public call. */
function copyShipped(folder: string): string {
  const shipped = join('prebuilds', 'linux-x64');
  if (!existsSync(join(ROOT, shipped))) throw new Missing(`no ${shipped}: npm run build:prebuilds -- --arch x64`);
  for (const part of ['package.json', 'dist', shipped, 'test/runtimes'])
    cpSync(join(ROOT, part), join(folder, 'package', part), { recursive: true });
  return join(folder, 'package', 'test', 'runtimes', 'tour.cjs');
}

/** @returns the exit code. @throws Missing */
function tourOn(node: string, folder: string): number {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Missing('it runs on Linux on x86_64');
  const tour = copyShipped(folder);
  const libraries = fetchLibraries(folder);
  const loader = join(folder, 'libc6', 'lib', 'x86_64-linux-gnu', `ld-${VERSION}.so`);
  const run = (args: readonly string[], stdio: SpawnSyncOptionsWithStringEncoding['stdio']) =>
    spawnSync(loader, ['--library-path', libraries.join(':'), node, ...args], { encoding: 'utf8', stdio });
  const { stdout, stderr } = run(['-p', 'process.report.getReport().header.glibcVersionRuntime'], 'pipe');
  if (stdout.trim() !== VERSION) throw new Missing(`${node} does not run on glibc ${VERSION}: ${stderr.trim()}`);
  return run([tour], 'inherit').status ?? 1;
}

function main(): number {
  const { values } = parseArgs({ options: { node: { type: 'string', default: process.execPath } } });
  const folder = mkdtempSync(join(tmpdir(), 'mapdirect-glibc-'));
  try {
    return tourOn(values.node, folder);
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    console.log(`skipped: ${error.message}`);
    return SKIPPED;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.exitCode = main();
