import { spawnSync } from 'node:child_process';
import { skipFor, type Requirement } from './skip.js';

function losetup(...args: readonly string[]): { status: number | null; stdout: string } {
  return spawnSync('losetup', args, { encoding: 'utf8' });
}

function missing(): string | undefined {
  if (process.platform !== 'linux') return 'only Linux has loop devices: run the tests on Linux';
  if (process.getuid?.() !== 0) return 'loop devices need root: run the tests as root';
  return losetup('-f').status === 0
    ? undefined
    : 'there are no loop devices: run where they are allowed, e.g. docker run --privileged';
}

export function loopDevices(): Requirement {
  return skipFor(missing());
}

/** Calls `use` with the path of a block device over the file. */
export async function withLoopDevice(image: string, use: (device: string) => void | Promise<void>): Promise<void> {
  const device = losetup('-f', '--show', image).stdout.trim();
  try {
    await use(device);
  } finally {
    losetup('-d', device);
  }
}
