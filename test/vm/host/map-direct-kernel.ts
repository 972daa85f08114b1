// The kernel with MAP_DIRECT (test/vm/map-direct): built from Debian's source, once per patch, configuration, source
// and compiler.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cached } from './cache.js';
import { digestOf } from './digest.js';
import { kernelOf, type Kernel } from './kernel.js';
import { machinePackages } from './packages.js';
import { Missing, PATH, requireTools, type Tool } from './tools.js';
import { ROOT } from '../../support/paths.js';

/** How it is called among the series of kernels. */
export const MAP_DIRECT = 'map-direct';

/** The value of MAP_DIRECT in the patch. */
export const DIRECT_FLAG = '0x1000000';

export const sources = path.join(ROOT, 'test/vm/map-direct');
const PATCH = path.join(sources, 'map-direct.patch');
const CONFIG = path.join(sources, 'kernel.config');
const CHECK = path.join(sources, 'check.c');
const PACKAGE = 'linux-source-6.12';

const COMPILER: readonly Tool[] = [
  { command: 'gcc', package: 'build-essential' },
  { command: 'make', package: 'build-essential' },
];
const BUILD_TOOLS: readonly Tool[] = [
  ...COMPILER,
  { command: 'patch', package: 'patch' },
  { command: 'bc', package: 'bc' },
  { command: 'bison', package: 'bison' },
  { command: 'flex', package: 'flex' },
  { command: '/usr/include/gelf.h', package: 'libelf-dev' },
  { command: '/usr/include/openssl/opensslv.h', package: 'libssl-dev' },
];

/** The same input gives the same bytes; compilations that ccache knows are taken from there. */
const env = {
  ...process.env,
  PATH: fs.existsSync('/usr/lib/ccache') ? `/usr/lib/ccache:${PATH}` : PATH,
  CCACHE_NOHASHDIR: '1',
  LC_ALL: 'C',
  KBUILD_BUILD_VERSION: '1',
  KBUILD_BUILD_TIMESTAMP: 'Thu Jan  1 00:00:00 UTC 1970',
  KBUILD_BUILD_USER: 'mapdirect',
  KBUILD_BUILD_HOST: 'test',
};

/** The source that apt would give today. @throws Missing */
function sourceVersion(): string {
  const version = machinePackages.versionOf(PACKAGE);
  if (version === undefined)
    throw new Missing(`apt knows no ${PACKAGE}: it is in the suites of Debian 12; run apt-get update`);
  return version;
}

function compilerVersion(): string {
  return execFileSync('gcc', ['--version'], { encoding: 'utf8', env }).split('\n')[0] ?? '';
}

/** A source tree, patched and configured. */
export class KernelTree {
  readonly directory: string;

  /** @param home - A directory of its own; it takes some 2.5 GB. @throws Missing: the source cannot be had. */
  constructor(home: string) {
    const packed = path.join(home, 'package');
    machinePackages.fetch(`${PACKAGE}=${sourceVersion()}`, packed);
    this.directory = path.join(home, PACKAGE);
    this.run('tar', ['-xf', path.join(packed, 'usr/src', `${PACKAGE}.tar.xz`)], home);
    fs.rmSync(packed, { recursive: true });
    this.run('patch', ['-p1', '--forward', '--input', PATCH]);
    this.run('make', [`KCONFIG_ALLCONFIG=${CONFIG}`, 'allnoconfig']);
  }

  private run(command: string, args: readonly string[], cwd = this.directory): void {
    const log = path.join(path.dirname(this.directory), 'log');
    const file = fs.openSync(log, 'w');
    const { status, error } = spawnSync(command, args, { cwd, env, stdio: ['ignore', file, file] });
    fs.closeSync(file);
    if (status === 0) return;
    const said = fs.readFileSync(log, 'utf8').trimEnd().split('\n').slice(-30).join('\n');
    throw new Error(`${command} ${args.join(' ')} failed (${error?.message ?? `status ${status}`}):\n${said}`);
  }

  /** Compiles the changed files; the image goes to `to`. */
  build(to: string): void {
    this.run('make', [`-j${os.availableParallelism()}`, 'vmlinux']);
    this.run('strip', ['-o', to, path.join(this.directory, 'vmlinux')]);
  }
}

/** @throws Missing */
export function requireBuildTools(): void {
  requireTools(BUILD_TOOLS);
}

function build(to: string): void {
  requireBuildTools();
  process.stderr.write('building the kernel with MAP_DIRECT: this takes minutes, once\n');
  const home = `${to}-home`;
  fs.mkdirSync(home);
  new KernelTree(home).build(to);
}

/** A series of Debian's, or {@link MAP_DIRECT}. @throws Missing */
export function kernelNamed(name: string): Kernel {
  return name === MAP_DIRECT ? mapDirectKernel() : kernelOf(name);
}

function mapDirectKernel(): Kernel {
  requireTools(COMPILER);
  const source = sourceVersion();
  const version = `map-direct-${source}-${digestOf(fs.readFileSync(PATCH), fs.readFileSync(CONFIG), source, compilerVersion())}`;
  return { version, image: cached(`${version}.vmlinux`, build), root: undefined };
}

/** The program that checks such a kernel, for the guest. @throws Missing */
export function mapDirectCheck(): string {
  requireTools(COMPILER);
  const name = `map-direct-check-${digestOf(fs.readFileSync(CHECK), compilerVersion())}`;
  return cached(name, (to) => {
    execFileSync('gcc', ['-std=c17', '-Wall', '-Wextra', '-Werror', '-O1', '-static', '-o', to, CHECK], { env });
  });
}
