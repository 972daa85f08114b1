import { systemError, type SystemError } from '../core/errors.js';
import { call, type Operation } from '../core/sync-or-async.js';

/** The remedy if the kernel refuses a guarded operation, by "syscall CODE". */
const advice: Readonly<Record<string, string>> = Object.freeze({
  'fallocate EBADF': 'the descriptor is closed, or was not opened for writing',
  'fallocate EFBIG': 'the range is past the limit of the file system, or of RLIMIT_FSIZE',
  'fallocate EINVAL':
    'length must be > 0, offset >= 0, and for FALLOC_FL_COLLAPSE_RANGE and FALLOC_FL_INSERT_RANGE both are multiples of the block size inside the file',
  'fallocate ENODEV': 'only regular files have blocks to allocate',
  'fallocate ENOSPC': 'the disk is full; free some space',
  'fallocate EOPNOTSUPP': 'this file system, or this kernel, has no such mode',
  'fallocate ESPIPE': 'a pipe has no blocks to allocate',
  'copy_file_range EBADF': 'the source must be open for reading, the destination for writing and not for appending',
  'copy_file_range EINVAL': 'only regular files can be copied this way, and ranges of one file may not overlap',
  'copy_file_range EISDIR': 'a directory has no bytes to copy',
  'copy_file_range ENOSPC': 'the disk is full; free some space',
  'ioctl FICLONE EINVAL':
    'a file is not cloned onto itself, and both files must be regular ones of one kind (DAX, encryption)',
  'ioctl FICLONE EOPNOTSUPP':
    'this file system cannot share blocks between files (xfs with reflink=1 and btrfs can); use copyRange()',
  'ioctl FICLONE ENOTTY':
    'this file system cannot share blocks between files (xfs with reflink=1 and btrfs can); use copyRange()',
  'ioctl FICLONE EXDEV': 'both files must be on one file system; use copyRange()',
  'ioctl FIDEDUPERANGE EBADF': 'the source must be open for reading',
  'ioctl FIDEDUPERANGE EINVAL':
    'both files must be regular ones, offsets and length multiples of the block size inside them',
  'ioctl FIDEDUPERANGE EISDIR': 'a directory has no blocks to share',
  'ioctl FIDEDUPERANGE EOPNOTSUPP':
    'this file system cannot share blocks between files; xfs with reflink=1 and btrfs can',
  'ioctl FIDEDUPERANGE ENOTTY': 'this file system cannot share blocks between files; xfs with reflink=1 and btrfs can',
});

function withAdvice(error: unknown, path: string | undefined): unknown {
  const { code, errno, syscall } = error as SystemError;
  const sentence = advice[`${syscall} ${code}`];
  return sentence === undefined ? error : systemError(errno, syscall, path, sentence);
}

/** Makes one call, and puts the remedy into its error. */
export function* callWithAdvice<T>(path: string | undefined, now: () => T, later: () => Promise<T>): Operation<T> {
  try {
    return yield* call(now, later);
  } catch (error) {
    throw withAdvice(error, path);
  }
}
