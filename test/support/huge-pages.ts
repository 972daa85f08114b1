import { readFileSync } from 'node:fs';

/** A number of /proc/meminfo. */
export function memoryInfo(name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/meminfo', 'latin1'))?.[1]);
}

/** Of the default size. */
export function freeHugePages(): number {
  return process.platform === 'linux' ? memoryInfo('HugePages_Free') : 0;
}
