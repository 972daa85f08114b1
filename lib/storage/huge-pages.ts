import { readText } from './sysfs.js';
import { statfsSync } from 'node:fs';
import { constants } from '../core/constants.js';

const { MAP_HUGETLB, PAGE_SIZE } = constants;
const HUGE_SHIFT = 26; // MAP_HUGE_SHIFT: above it six bits with the logarithm of the size
const HUGETLBFS = 0x958458f6;

/** What the page tables map at once: 2 MiB where a page has 4 KiB. */
export const HUGE_PAGE = (PAGE_SIZE * PAGE_SIZE) / 8;

let defaultSize: number | undefined;

function readDefaultSize(): number {
  const kibibytes = /^Hugepagesize:\s+(\d+) kB$/m.exec(readText('/proc/meminfo') ?? '')?.[1];
  return kibibytes === undefined ? PAGE_SIZE : Number(kibibytes) * 1024; // without: mmap(2) refuses them
}

/**
 * The bytes that the kernel maps at a time: it rounds a length up to them by itself, but munmap(2) takes nothing less. A page, or a
 * huge page with MAP_HUGETLB and on hugetlbfs.
 */
export function mappedUnit(
  flags: number,
  file: { readonly fd: number; readonly fileSystem: number } | undefined,
): number {
  if (file?.fileSystem === HUGETLBFS) return statfsSync(`/proc/self/fd/${file.fd}`).bsize;
  if ((flags & MAP_HUGETLB) === 0) return PAGE_SIZE;
  const shift = (flags >>> HUGE_SHIFT) & 0x3f;
  return shift === 0 ? (defaultSize ??= readDefaultSize()) : 2 ** shift;
}
