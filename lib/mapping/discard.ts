import { isRegular } from '../storage/inode-type.js';
import type { Region } from '../backend/region.js';
import type { Backend } from '../backend/backend.js';
import { adviceNumbers, constants } from '../core/constants.js';
import { errno, systemError } from '../core/errors.js';

const { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE } = constants;

/** A part of a region, in bytes from its start. */
interface Part {
  readonly offset: number;
  readonly length: number;
}

function wrong(name: string, value: number, unit: number, path: string | undefined, more = ''): Error {
  const below = Math.floor(value / unit) * unit;
  const right = below === 0 ? `${unit}` : `${below} or ${below + unit}`;
  return systemError(
    errno.EINVAL,
    'madvise',
    path,
    `${name} ${value} is not a multiple of ${unit}, the bytes of a page there; ${right} is${more}`,
  );
}

/**
 * Advice that discards content must not be rounded to pages that the caller did not name. The end of the mapping is
 * allowed inside a page: no byte of a private copy is visible behind it.
 *
 * @throws EINVAL.
 */
export function checkWholePages(
  { unit, length: end }: Region,
  { offset, length }: Part,
  path: string | undefined,
): void {
  if (offset % unit !== 0) throw wrong('offset', offset, unit, path);
  if (length % unit !== 0 && offset + length !== end) throw wrong('length', length, unit, path);
}

/** The file may continue in the last page of the mapping. @throws EINVAL. */
function checkFileEnds(
  { files }: Backend,
  { file, offset: start, unit }: Region,
  { offset, length }: Part,
  path: string | undefined,
): void {
  if (file === undefined) return;
  const status = files.stat(file.fd, path);
  const end = start + offset + length;
  if (isRegular(status) && end >= status.size) return;
  throw wrong('length', length, unit, path, `: the file goes on behind the mapping, and a whole page would be zeroed`);
}

/**
 * Punches a hole. The caller holds the mutation guard of the seals.
 *
 * @throws EINVAL: the part is not whole pages, and does not reach the end of the file.
 */
export function punch(backend: Backend, region: Region, part: Part, path: string | undefined): void {
  const { file, unit } = region;
  const { offset, length } = part;
  const isWhole = length % unit === 0;
  if (!isWhole) checkFileEnds(backend, region, part, path);
  if (isWhole || file === undefined || !backend.capabilities.paging) {
    region.advise(adviceNumbers.remove, offset, length);
    return;
  }
  // Not madvise(2), which rounds up to the page: another process may make the file longer at this moment.
  backend.files.fallocate(file.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, region.offset + offset, length, path);
}
