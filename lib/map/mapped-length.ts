import { errno, outOfRange, systemError } from '../core/errors.js';
import type { ParsedOptions } from './options.js';

function adviceForEmpty({ access, create }: ParsedOptions): string {
  if (create) return 'create needs a size for a file that is missing or empty: map(path, { create: true, size: 4096 })';
  const empty = 'the file is empty, and a mapping has at least one byte';
  return access === 'write'
    ? `${empty}; give it a size: map(path, { size: 4096 })`
    : `${empty}; treat it as no bytes, or map it when it has some`;
}

/** The length of the mapping in a file of `size` bytes. @throws EINVAL (empty file), ERR_OUT_OF_RANGE. */
export function mappedLength(options: ParsedOptions, size: number, path: string | undefined): number {
  const { offset, length, reserve } = options;
  if (size === 0) throw systemError(errno.EINVAL, 'mmap', path, adviceForEmpty(options));
  const file = path === undefined ? 'the file' : `'${path}'`;
  if (offset >= size) throw outOfRange('options.offset', `< ${size}, the size of ${file}`, offset);
  const most = size - offset;
  if (length !== undefined && length > most) {
    const hint = options.access === 'write' ? '; size makes it longer' : '';
    throw outOfRange('options.length', `<= ${most}, what ${file} has after offset ${offset}${hint}`, length);
  }
  const mapped = length ?? most;
  if (reserve !== 0 && reserve < mapped) throw outOfRange('options.reserve', `>= ${mapped}, the length`, reserve);
  return mapped;
}
