import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../support/race.js';

const MIB = 2 ** 20;
const SIZE = 32 * MIB;

/** A small file system on which the soak works, or a plain folder. */
export interface Place {
  readonly name: string;
  readonly dir: string;
  /** Whether the soak may fill it. */
  readonly isSmall: boolean;
  /** Cuts the power: what the file system has not written is gone, and it is mounted anew. No file may be in use. */
  cut?(): void;
}

const run = (program: string, ...args: readonly string[]): void =>
  void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** For a moment after the end of a process the kernel may still hold its files. */
function unmount(dir: string): void {
  for (const end = Date.now() + 10_000; ; waitFor(50)) {
    try {
      run('umount', dir);
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH, of linux/fs/ext4/ext4.h. */
const SHUTDOWN = [
  'import fcntl, os, struct, sys',
  'fd = os.open(sys.argv[1], os.O_RDONLY)',
  'fcntl.ioctl(fd, 0x8004587D, struct.pack("I", 2))',
].join('\n');

function ext4(home: string): Place {
  const [image, dir] = [join(home, 'image'), join(home, 'ext4')];
  fs.mkdirSync(dir);
  fs.writeFileSync(image, '');
  fs.truncateSync(image, SIZE);
  run('mkfs.ext4', '-q', '-F', image);
  const mount = (): void => run('mount', '-t', 'ext4', '-o', 'loop', image, dir);
  mount();
  const cut = (): void => {
    run('python3', '-c', SHUTDOWN, dir);
    unmount(dir);
    mount();
  };
  return { name: 'ext4', dir, isSmall: true, cut };
}

function tmpfs(home: string): Place {
  const dir = join(home, 'tmpfs');
  fs.mkdirSync(dir);
  run('mount', '-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', dir);
  return { name: 'tmpfs', dir, isSmall: true };
}

function folder(home: string): Place {
  const dir = join(home, 'folder');
  fs.mkdirSync(dir, { recursive: true });
  return { name: 'folder', dir, isSmall: false };
}

/** The file systems that can be had here. Those that cannot are named with their reason by `explain`. */
export function places(home: string, explain: (reason: string) => void): Place[] {
  const found = [ext4, tmpfs].flatMap((make) => {
    try {
      return [make(home)];
    } catch (error) {
      const [reason] = String((error as { stderr?: Buffer }).stderr ?? error).split('\n');
      explain(`no ${make.name}: ${reason}; run as root, with mkfs.ext4 and the right to mount`);
      return [];
    }
  });
  return found.length > 0 ? found : [folder(home)];
}

/** Fills the file system to its last byte. @returns frees it again. */
export function fill({ dir }: Place): () => void {
  const path = join(dir, 'filler');
  const fd = fs.openSync(path, 'w');
  for (let piece = MIB; piece >= 512;) {
    try {
      fs.writeSync(fd, Buffer.alloc(piece, 1));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      piece /= 2;
    }
  }
  fs.closeSync(fd);
  return () => fs.rmSync(path);
}
