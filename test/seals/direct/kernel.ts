import { readFileSync } from 'node:fs';
import { skipUnless } from '../../support/skip.js';

/** The bit of the kernel that this run is on (npm run test:vm -- --kernel map-direct names it). */
export const directFlag = Number(process.env['MAPDIRECT_DIRECT_FLAG'] ?? 0);

/**
 * As describe(), for a kernel that has MAP_DIRECT; elsewhere one skipped test says why. Where the bit is named nothing
 * is skipped.
 */
export function describeDirect(title: string, suite: () => void): void {
  skipUnless(directFlag !== 0, 'no released kernel has MAP_DIRECT', 'npm run test:vm -- --kernel map-direct').suite(
    title,
    suite,
  );
}

/** VmFlags of the mappings of a file in this process, from /proc/self/smaps. */
export function vmFlags(path: string): string[][] {
  const found: string[][] = [];
  let isIt = false;
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    if (/^[\da-f]+-[\da-f]+ /.test(line)) isIt = line.endsWith(path);
    else if (isIt && line.startsWith('VmFlags:')) found.push(line.slice('VmFlags:'.length).trim().split(' '));
  }
  return found;
}
