import { readFileSync } from 'node:fs';
import { skipUnless, type Requirement } from './skip.js';

/** A number of /proc/meminfo. */
export function memoryInfo(name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/meminfo', 'latin1'))?.[1]);
}

/** Of the default size. */
export function freeHugePages(): number {
  return process.platform === 'linux' ? memoryInfo('HugePages_Free') : 0;
}

export function hugePages(count: number): Requirement {
  const free = freeHugePages();
  return skipUnless(free >= count, `${free} huge pages are free`, `sysctl vm.nr_hugepages=${count}`);
}
