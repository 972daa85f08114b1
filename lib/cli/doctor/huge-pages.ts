import { constants as fs } from 'node:fs';
import { selectBackend } from '../../backend/select.js';
import { placedRuns } from '../../file/bad-blocks.js';
import type { TargetLocation } from '../../probe/target-location.js';
import type { Answer, Probe } from '../../probe/types.js';
import { bytesInWholeUnits, daxPlacement, type DaxPlacement, type PlacedBytes } from '../../storage/dax-placement.js';
import { HUGE_PAGE } from '../../storage/huge-pages.js';
import type { MountPoint } from '../../storage/mount-point.js';
import { readText } from '../../storage/sysfs.js';
import { formatBytes } from '../terminal.js';

/** Whether one entry of the page tables can map HUGE_PAGE bytes of the target (a PMD on x86_64). */

const UNIT = formatBytes(HUGE_PAGE);
const ALLOCATE = `Write the file anew on an empty file system made with a stripe of ${UNIT} (mkfs.ext4 -E stride=512,stripe-width=512; mkfs.xfs -d su=2m,sw=1), in lengths of ${UNIT}.`;

/** @param runs - of a file with `size` bytes; undefined: no file, or its blocks are not known. */
export function hugePagesOnDax(
  { align, start }: DaxPlacement,
  file: { readonly runs: Iterable<PlacedBytes>; readonly size: number } | undefined,
): Answer {
  if (align !== undefined && align < HUGE_PAGE) {
    return {
      answer: 'no',
      reason: `The namespace is aligned to ${formatBytes(align)}.`,
      remedy: `Make it again with ndctl create-namespace --align=2M: its content is lost.`,
    };
  }
  if (start % HUGE_PAGE !== 0) {
    const reason = `The partition begins at byte ${start}, which is no multiple of ${UNIT}.`;
    return {
      answer: 'no',
      reason,
      remedy: `Make the partition again, from a multiple of ${UNIT}: its content is lost.`,
    };
  }
  if (file === undefined) return { answer: 'yes', reason: `A file has them where its blocks lie in whole ${UNIT}.` };
  const whole = bytesInWholeUnits(file.runs, HUGE_PAGE, start);
  const reason = `${formatBytes(whole)} of ${formatBytes(file.size)} lie in whole and aligned ${UNIT}.`;
  return whole > 0 ? { answer: 'yes', reason } : { answer: 'no', reason, remedy: ALLOCATE };
}

/** @param enabled - /sys/kernel/mm/transparent_hugepage/shmem_enabled. */
export function hugePagesOnTmpfs(options: readonly string[], enabled: string | undefined): Answer {
  const chosen = /\[(\w+)\]/.exec(enabled ?? '')?.[1];
  if (chosen === 'force') return { answer: 'yes', reason: 'shmem_enabled of the kernel is force.' };
  if (chosen === 'deny') return { answer: 'no', reason: 'shmem_enabled of the kernel is deny.' };
  const huge = options.find((option) => option.startsWith('huge='));
  if (huge !== undefined && huge !== 'huge=never') return { answer: 'yes', reason: `tmpfs is mounted with ${huge}.` };
  return {
    answer: 'no',
    reason: 'tmpfs is mounted without them.',
    remedy: 'Mount it with huge=within_size, or memory without a file: mmap() with MAP_HUGETLB.',
  };
}

function placedBytes({ kind, path, status }: TargetLocation): Iterable<PlacedBytes> | undefined {
  if (kind !== 'file' || path === undefined || status.size === 0n) return undefined;
  const { files } = selectBackend('native');
  const fd = files.open(path, fs.O_RDONLY | fs.O_NONBLOCK, 0);
  try {
    return placedRuns(files.readExtents(fd, 0, Number(status.size), 'now', path));
  } finally {
    files.close(fd);
  }
}

export function hugePagesAnswer(
  location: TargetLocation,
  { align, dax, fileSystem }: Pick<Probe, 'align' | 'dax' | 'fileSystem'>,
  mount: MountPoint | undefined,
): Answer {
  const { kind, status } = location;
  if (kind === 'device-dax') {
    if (typeof align.answer !== 'number') return { ...align, answer: 'unknown' };
    const answer = align.answer >= HUGE_PAGE ? 'yes' : 'no';
    return { answer, reason: `The align of the device is ${formatBytes(align.answer)}.` };
  }
  if (dax.answer === 'yes') {
    const runs = placedBytes(location);
    return hugePagesOnDax(daxPlacement(status.dev), runs && { runs, size: Number(status.size) });
  }
  if (fileSystem.answer === 'hugetlbfs') return { answer: 'yes' };
  if (fileSystem.answer === 'tmpfs')
    return hugePagesOnTmpfs(mount?.options ?? [], readText('/sys/kernel/mm/transparent_hugepage/shmem_enabled'));
  return { answer: 'unknown', reason: 'In the page cache the kernel alone chooses the size of the pages.' };
}
