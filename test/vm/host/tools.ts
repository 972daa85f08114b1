import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';

/** The tools that the host needs, and the Debian package of each. */
export interface Tool {
  /** A command; or a file, from the root. */
  readonly command: string;
  readonly package: string;
}

const TOOLS: readonly Tool[] = [
  { command: 'qemu-system-x86_64', package: 'qemu-system-x86' },
  { command: 'setpriv', package: 'util-linux' },
  { command: 'busybox', package: 'busybox-static' },
  { command: 'modprobe', package: 'kmod' },
  { command: 'depmod', package: 'kmod' },
  { command: 'cpio', package: 'cpio' },
  { command: 'xz', package: 'xz-utils' },
  { command: 'zstd', package: 'zstd' },
  { command: 'mkfs.ext4', package: 'e2fsprogs' },
  { command: 'mkfs.xfs', package: 'xfsprogs' },
  { command: 'dmsetup', package: 'dmsetup' },
  { command: 'losetup', package: 'mount' },
  { command: 'apt-get', package: 'apt' },
  { command: 'dpkg', package: 'dpkg' },
];

/** A missing tool or kernel; the message has the remedy. */
export class Missing extends Error {}

/** $PATH, and where administrators' commands are when a user's PATH has them not. */
export const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

function isHere({ command }: Tool): boolean {
  if (command.startsWith('/')) return fs.existsSync(command);
  return spawnSync('sh', ['-c', `command -v ${command}`], { env: { ...process.env, PATH } }).status === 0;
}

function missingOf(tools: readonly Tool[]): Tool[] {
  return tools.filter((tool) => !isHere(tool));
}

/**
 * Sees to it that every tool is there: by apt as root, else with words. Default: those of the guest machine. @throws
 * Missing
 */
export function requireTools(tools: readonly Tool[] = TOOLS): void {
  const missing = missingOf(tools);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tool.package))];
  const install = `apt-get install -y ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || missing.some(({ command }) => command === 'apt-get')) {
    throw new Missing(`missing: ${missing.map(({ command }) => command).join(', ')}. As root: ${install}`);
  }
  process.stderr.write(`installing ${packages.join(' ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update', '-qq'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    execFileSync('apt-get', ['install', '-y', '-qq', ...packages], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch {
    throw new Missing(`apt-get could not install ${packages.join(' ')}: see above`);
  }
  const still = missingOf(tools);
  if (still.length > 0)
    throw new Missing(`still missing after ${install}: ${still.map(({ command }) => command).join(', ')}`);
}
