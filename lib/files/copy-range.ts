import { constants as fsConstants } from 'node:fs';
import type { Backend } from '../backend/backend.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import type { Operation } from '../core/sync-or-async.js';
import { callWithAdvice } from './advice.js';
import { readDescription } from './description.js';
import { guardTwoFiles, statusIfOpen, type GuardedFile } from '../seals/mutation-guard.js';
import { writeChecked } from './write-check.js';

const { O_WRONLY } = fsConstants;

/** A range of one file, and its place in another file or in the same one. Bytes. */
export interface CopyRequest {
  readonly from: number;
  readonly fromOffset: number;
  readonly to: number;
  readonly toOffset: number;
  readonly length: number;
}

const SYSCALL = 'copy_file_range';

/** The bytes of the range that the source has. */
function remainingBytes({ length, fromOffset }: CopyRequest, source: GuardedFile | undefined): number {
  return Math.min(length, Math.max(0, (source?.status.size ?? 0) - fromOffset));
}

/** Makes the checks of copy_file_range(2) before a copy in user space. @throws EBADF, EINVAL. */
function checkCopy(
  backend: Backend,
  request: CopyRequest,
  source: GuardedFile | undefined,
  destination: GuardedFile | undefined,
): void {
  const refuse = (negative: number, reason: string): never => {
    throw systemError(negative, SYSCALL, undefined, reason);
  };
  for (const fd of [request.from, request.to])
    if (statusIfOpen(backend, fd) === undefined) refuse(errno.EBADF, 'the descriptor is closed, or was never open');
  if (source === undefined || destination === undefined)
    return refuse(errno.EINVAL, 'only regular files can be copied this way');
  const target = readDescription(backend, request.to);
  if (backend.files.accessMode(request.from) === O_WRONLY || !target.writable || target.append) {
    refuse(errno.EBADF, 'the source must be open for reading, the destination for writing and not for appending');
  }
  // If two files can have one inode number, this may refuse a good copy. A copy over its own source would lose bytes.
  // As in the kernel, only the bytes that the source has count.
  const apart = Math.abs(request.fromOffset - request.toOffset) >= remainingBytes(request, source);
  if (source.key === destination.key && !apart) refuse(errno.EINVAL, 'within one file the ranges may not overlap');
}

function* copy(
  backend: Backend,
  { from, fromOffset, to, toOffset, length }: CopyRequest,
  share: boolean,
): Operation<number> {
  const { files } = backend;
  return yield* callWithAdvice(
    undefined,
    () => files.copyRange(from, fromOffset, to, toOffset, length, share),
    () => files.copyRangeAsync(from, fromOffset, to, toOffset, length, share),
  );
}

/** The kernel cannot make this copy (two file systems, no such call): it is made byte by byte. */
const NOT_IN_THE_KERNEL: ReadonlySet<string> = new Set(['EXDEV', 'EOPNOTSUPP', 'ENOSYS']);

function* copyUnsealed(
  backend: Backend,
  request: CopyRequest,
  source: GuardedFile | undefined,
  destination: GuardedFile | undefined,
): Operation<number> {
  try {
    return yield* copy(backend, request, true);
  } catch (error) {
    if (!NOT_IN_THE_KERNEL.has((error as SystemError).code)) throw error;
  }
  checkCopy(backend, request, source, destination);
  return yield* copy(backend, { ...request, length: remainingBytes(request, source) }, false);
}

/** copy_file_range(2), rule 17: if one of the files is sealed, bytes are copied and no blocks are shared. */
export function* copyFileRange(backend: Backend, request: CopyRequest): Operation<number> {
  return yield* guardTwoFiles(backend, request.from, request.to, function* (source, destination) {
    if (source?.sealed !== true && destination?.sealed !== true)
      return yield* copyUnsealed(backend, request, source, destination);
    checkCopy(backend, request, source, destination);
    const bytes = remainingBytes(request, source);
    const write = { bytes, position: request.toOffset, syscall: SYSCALL };
    return yield* writeChecked(backend, destination, write, () => copy(backend, { ...request, length: bytes }, false));
  });
}
