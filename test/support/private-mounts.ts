import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Missing } from './mounts.js';
import { TEST_SOURCES } from './paths.js';

/** Runs a program with mounts of its own. No other process sees them, and they end with the program. */
export const inPrivate: readonly string[] = ['unshare', '--mount', '--propagation', 'private'];

/** @returns the standard output. @throws an error with all output if the program fails. */
function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? `${program}: ${stdout}${stderr}`.trim());
  return stdout;
}

function needsRoot(subject: string): Missing | undefined {
  if (process.platform !== 'linux') return { skip: `only Linux has ${subject}: run the tests on Linux` };
  if (process.getuid?.() !== 0)
    return { skip: `mounting ${subject} needs root: run the tests as root, or in a container with --privileged` };
  return undefined;
}

function tried(subject: string, ...command: readonly string[]): Missing | undefined {
  const { status, stderr, error } = spawnSync(inPrivate[0] ?? '', [...inPrivate.slice(1), ...command], {
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  return {
    skip: `${subject} cannot be mounted (${(error?.message ?? stderr).split('\n')[0]}): run where mounts are allowed, e.g. docker run --privileged`,
  };
}

/** Why there is no overlay here, with the remedy; undefined: there is. */
export function missingOverlay(dir: string): Missing | undefined {
  const layers = 'mount -t tmpfs tmpfs "$1" && mkdir "$1/l" "$1/u" "$1/w" "$1/m"';
  const overlay = 'mount -t overlay overlay -o "lowerdir=$1/l,upperdir=$1/u,workdir=$1/w" "$1/m"';
  return needsRoot('overlay') ?? tried('overlay', 'sh', '-c', `${layers} && ${overlay}`, 'sh', dir);
}

/**
 * An overlay in `dir`, its layers in memory. In a process of its own with {@link inPrivate}.
 *
 * @param content - of the file 'file', which is in the lower layer.
 * @returns the directory in which it is seen.
 */
export function mountOverlay(dir: string, content: Buffer): string {
  run('mount', '-t', 'tmpfs', 'tmpfs', dir);
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const each of [lower, upper, work, merged]) mkdirSync(each);
  writeFileSync(join(lower, 'file'), content);
  run('mount', '-t', 'overlay', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, merged);
  return merged;
}

const SERVER = join(TEST_SOURCES, 'support', 'fuse_server.py');

/** Why there can be no FUSE server here, with the remedy; undefined: there can. */
export function missingFuse(dir: string): Missing | undefined {
  const missing = needsRoot('FUSE');
  if (missing !== undefined) return missing;
  if (!existsSync('/dev/fuse'))
    return { skip: '/dev/fuse is missing: modprobe fuse, or docker run --privileged --device /dev/fuse' };
  if (spawnSync('python3', ['--version']).status !== 0) return { skip: 'python3 is missing: apt-get install python3' };
  // The server goes on serving until it is killed: whether it could mount is all that is asked.
  return tried(
    'FUSE',
    'sh',
    '-c',
    'python3 "$0" "$1" > "$2" & sleep 0.3; until [ -s "$2" ] || ! kill -0 $!; do sleep 0.1; done; kill $!; test -s "$2"',
    SERVER,
    dir,
    `${dir}.said`,
  );
}

/**
 * A server of files that all have one inode number (fuse_server.py), mounted in `dir`; kill it in the end. In a process
 * of its own.
 */
export function mountFuse(dir: string): Promise<ChildProcess> {
  const server = spawn('python3', [SERVER, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', () => reject(new Error('the server ended')));
    server.stdout.once('data', () => resolve(server));
  });
}
