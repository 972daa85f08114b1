import type { Region } from '../backend/region.js';
import { constants } from '../core/constants.js';
import { errno, outOfRange, systemError } from '../core/errors.js';
import { checkRange } from '../core/range.js';
import { checkPositiveSize } from '../core/validators.js';
import { MAX_VIEW } from './windows.js';

const { PROT_READ, PROT_WRITE } = constants;
const READ_WRITE = PROT_READ | PROT_WRITE;

/** A view is never empty. @throws ERR_OUT_OF_RANGE. */
export function checkViewRange(offset: number, length: number, size: number): void {
  checkRange(offset, length, size);
  if (offset === size) throw outOfRange('offset', `< ${size}, the length of the mapping`, offset);
  if (length === 0) checkPositiveSize(length, 'length'); // checkRange() has checked the rest; the call costs view() 7 %
}

/** @throws ERR_OUT_OF_RANGE: too long for one Buffer. */
export function checkViewLength(length: number): void {
  if (length <= MAX_VIEW) return;
  const most = `<= ${MAX_VIEW} (Node's Buffer methods are not safe on larger ones)`;
  throw outOfRange('length', `${most}; without one it is the whole rest of the mapping`, length);
}

/**
 * @throws EACCES: a Buffer over the region would kill the process. Access 'read' passes: its region has both bits, see
 *   map() and mmap().
 */
export function checkReadable(region: Region, method: string, path: string | undefined): void {
  if ((region.prot & READ_WRITE) === READ_WRITE) return;
  throw systemError(
    errno.EACCES,
    method,
    path,
    'a Buffer over memory that cannot be both read and stored into would kill the process at the first wrong access: ' +
      "mmap() with PROT_READ | PROT_WRITE, or map(), with access: 'read' where the file is only read",
  );
}

/** @throws EACCES: a copy out of the region would kill the process. */
export function checkStreamable({ prot }: Region, path: string | undefined): void {
  if ((prot & PROT_READ) !== 0) return;
  const remedy = 'memory without PROT_READ cannot be read: mmap() with PROT_READ, or map()';
  throw systemError(errno.EACCES, 'createReadStream', path, remedy);
}
