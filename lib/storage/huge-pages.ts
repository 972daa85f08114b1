import { readText } from './sysfs.js';
import { statfsSync } from 'node:fs';
import { constants } from '../core/constants.js';
import { fileSystemOf } from './file-systems.js';

const { MAP_HUGETLB, PAGE_SIZE } = constants;
const HUGE_SHIFT = 26; // MAP_HUGE_SHIFT: the six bits above it are the logarithm of the size

/** The bytes of one huge page of the page tables: 2 MiB for pages of 4 KiB. */
export const HUGE_PAGE = (PAGE_SIZE * PAGE_SIZE) / 8;

let defaultSize: number | undefined;

function readDefaultSize(): number {
  const kibibytes = /^Hugepagesize:\s+(\d+) kB$/m.exec(readText('/proc/meminfo') ?? '')?.[1];
  return kibibytes === undefined ? PAGE_SIZE : Number(kibibytes) * 1024; // no huge pages
}

/**
 * The unit of mapped lengths in bytes: a page, or a huge page with MAP_HUGETLB and on hugetlbfs. mmap(2) rounds a
 * length up to whole units; munmap(2) takes whole units only.
 */
export function mappedUnit(
  flags: number,
  file: { readonly fd: number; readonly fileSystem: number } | undefined,
): number {
  if (file !== undefined && fileSystemOf(file.fileSystem).name === 'hugetlbfs')
    return statfsSync(`/proc/self/fd/${file.fd}`).bsize;
  if ((flags & MAP_HUGETLB) === 0) return PAGE_SIZE;
  const shift = (flags >>> HUGE_SHIFT) & 0x3f;
  return shift === 0 ? (defaultSize ??= readDefaultSize()) : 2 ** shift;
}
