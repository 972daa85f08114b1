import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inPrivate } from '../support/private-mounts.js';

export type LoggedFileSystem = 'ext4' | 'xfs';
export const loggedFileSystems: readonly LoggedFileSystem[] = ['ext4', 'xfs'];

/** The smallest disk of xfs. */
export const BYTES = 300 * 2 ** 20;

/** Runs a program whose mounts and processes end with it: the daemon, too. */
export const inOwnSpaces: readonly string[] = [...inPrivate, '--pid', '--fork', '--kill-child', '--mount-proc'];

/** The parts of a disk in a folder. */
export interface DiskPaths {
  /** The disk before its first request. */
  readonly base: string;
  readonly log: string;
  /** Where its file system is mounted. */
  readonly mount: string;
}

export function diskPaths(dir: string): DiskPaths {
  return { base: join(dir, 'base'), log: join(dir, 'log'), mount: join(dir, 'mount') };
}

/** Runs a program to its end. @throws an error with all output if it fails. */
export function runTool(program: string, ...args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? `${program}: ${stdout}${stderr}`.trim());
}

const MKFS = { ext4: ['mkfs.ext4', '-q', '-F'], xfs: ['mkfs.xfs', '-q', '-f'] } as const;

function waitUntil(ready: () => boolean, failed: () => string | undefined): void {
  while (!ready()) {
    const why = failed();
    if (why !== undefined) throw new Error(why);
    spawnSync('sleep', ['0.02']);
  }
}

/**
 * Makes a file system in `dir` and mounts it over a loop device, over a file of qemu-storage-daemon that logs each
 * request. In a process of its own with {@link inOwnSpaces}, at whose end all of that ends.
 */
export function mountLoggedDisk(type: LoggedFileSystem, dir: string): DiskPaths {
  const paths = diskPaths(dir);
  const [disk, exported, pid] = ['disk', 'exported', 'pid'].map((name) => join(dir, name)) as [string, string, string];
  for (const each of [disk, paths.log, exported]) writeFileSync(each, '');
  truncateSync(disk, BYTES);
  const [mkfs, ...options] = MKFS[type];
  runTool(mkfs, ...options, disk);
  runTool('cp', '--sparse=always', disk, paths.base);
  // A flush is logged, and need not reach the disk of this machine.
  const file = (name: string, path: string): string[] => [
    '--blockdev',
    `driver=file,node-name=${name},filename=${path},cache.no-flush=on`,
  ];
  const daemon = spawn(
    'qemu-storage-daemon',
    [
      ...[...file('disk', disk), ...file('log', paths.log)],
      ...['--blockdev', 'driver=blklogwrites,node-name=logged,file=disk,log=log,log-sector-size=512'],
      ...['--export', `type=fuse,id=export,node-name=logged,mountpoint=${exported},writable=on`],
      ...['--pidfile', pid], // written when the export is there
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  daemon.unref();
  waitUntil(
    () => existsSync(pid) && statSync(exported).size === BYTES,
    () =>
      daemon.pid === undefined || !existsSync(`/proc/${daemon.pid}/exe`) ? 'qemu-storage-daemon ended' : undefined,
  );
  mkdirSync(paths.mount);
  runTool('mount', '-t', type, '-o', 'loop', exported, paths.mount);
  return paths;
}
