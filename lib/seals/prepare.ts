import type { Progress } from '../core/progress.js';
import type { OpenFile } from '../backend/open-file.js';
import type { Backend } from '../backend/backend.js';
import { constants } from '../core/constants.js';
import { errno, hasErrno, systemError } from '../core/errors.js';
import {
  FIEMAP_EXTENT_DELALLOC,
  FIEMAP_EXTENT_SHARED,
  FIEMAP_EXTENT_UNKNOWN,
  FIEMAP_EXTENT_UNWRITTEN,
  HOLE,
} from '../storage/extent-flags.js';
import { fileSystemOf } from '../storage/file-systems.js';
import { readExtentMap, type ExtentMap, type Run } from '../file/extent-map.js';
import { call, type Operation } from '../core/sync-or-async.js';
import { unsoundError } from './unsound.js';

const { FALLOC_FL_KEEP_SIZE, FALLOC_FL_UNSHARE_RANGE, MAP_SHARED, PAGE_SIZE, PROT_READ, PROT_WRITE } = constants;

// One synchronous seal allocates or converts at most this much: some seconds of a fast disk.
const MOST_AT_ONCE = 2 ** 30;
// One fallocate(2) covers this much.
const ALLOCATION_PART = 2 ** 28;
// This much is made dirty at a time. Between two pieces an abort is noticed and progress is reported.
const PIECE = 2 ** 24;
// The disk may still be writing this many bytes while the next piece is made dirty.
const WRITE_AHEAD = 2 * PIECE;

const CANNOT_UNSHARE =
  'another file shares its blocks, and this file system cannot unshare them in place; copy the file without sharing (cp --reflink=never)';

function has(run: Run, bits: number): boolean {
  return (run.bits & bits) !== 0;
}

type Part = Pick<Run, 'offset' | 'length'>;

/** The parts of a run, from the page in which it begins. */
function* partsOf(run: Run, size: number): Generator<Part> {
  const start = run.offset - (run.offset % PAGE_SIZE);
  const end = run.offset + run.length;
  for (let offset = start; offset < end; offset += size) yield { offset, length: Math.min(size, end - offset) };
}

/** Counts the bytes that are ready, and reports them. */
class PreparationProgress {
  private done = 0;

  constructor(
    private readonly total: number,
    private readonly report: ((progress: Progress) => void) | undefined,
  ) {}

  add(bytes: number): void {
    this.done = Math.min(this.total, this.done + bytes);
    this.report?.({ phase: 'seal', done: this.done, total: this.total });
  }
}

/** A file and the caller's name of it. */
interface NamedFile {
  readonly file: OpenFile;
  readonly path: string | undefined;
}

function* fallocateRun({ file, path }: NamedFile, mode: number, run: Run): Operation<void> {
  const { fd, files } = file;
  for (const { offset, length } of partsOf(run, ALLOCATION_PART)) {
    yield* call(
      () => files.fallocate(fd, mode, offset, length, path),
      () => files.fallocateAsync(fd, mode, offset, length, path),
    );
  }
}

function* unshareRun(named: NamedFile, run: Run): Operation<void> {
  try {
    yield* fallocateRun(named, FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE, run);
  } catch (error) {
    if (hasErrno(error, errno.EOPNOTSUPP)) throw unsoundError(run, named.path, CANNOT_UNSHARE);
    throw error;
  }
}

function writeBack({ file, path }: NamedFile, { offset, length }: Part, how: 'start' | 'finish'): Operation<void> {
  return file.writeBack(offset, length, how, path);
}

/**
 * All blocks were allocated. So EFAULT means that another process truncated the file or punched a hole during the
 * preparation. (No store can fill a hole of a file that the kernel seals.)
 */
function changedDuringPreparation(error: unknown, path: string | undefined): unknown {
  if (!hasErrno(error, errno.EFAULT)) return error;
  return systemError(
    errno.EBUSY,
    'seal',
    path,
    'another process truncated the file or punched a hole into it while it was being prepared; seal again',
  );
}

/** Makes every page of a part dirty by write faults that store nothing: no byte changes. */
function* makeDirty(backend: Backend, { file, path }: NamedFile, part: Part): Operation<void> {
  const region = backend.map({
    file,
    path,
    ...part,
    prot: PROT_READ | PROT_WRITE,
    flags: MAP_SHARED,
    sync: 'off',
    reserve: 0,
  });
  try {
    yield* call(
      () => region.populate(0, part.length, true),
      () => region.populateAsync(0, part.length, true),
    );
  } catch (error) {
    throw changedDuringPreparation(error, path);
  } finally {
    region.close();
  }
}

/**
 * Converts holes and unwritten extents to written ones without storing a byte. The disk writes some pieces while the
 * next piece is made dirty, which keeps disk and CPU busy. Written pieces leave the page cache, which a large file
 * would fill with zeros. The caller calls fsync(2) afterwards.
 */
function* convert(
  backend: Backend,
  named: NamedFile,
  runs: readonly Run[],
  progress: PreparationProgress,
): Operation<void> {
  const beingWritten: Part[] = [];
  let bytes = 0;
  for (const run of runs) {
    for (const piece of partsOf(run, PIECE)) {
      yield* makeDirty(backend, named, piece);
      yield* writeBack(named, piece, 'start');
      progress.add(piece.length);
      beingWritten.push(piece);
      bytes += piece.length;
      while (bytes > WRITE_AHEAD) {
        const oldest = beingWritten.shift() ?? piece;
        yield* writeBack(named, oldest, 'finish');
        bytes -= oldest.length;
      }
    }
  }
}

/** @throws EFBIG in the synchronous form, which would block for long. */
function* checkAmount(total: number, path: string | undefined): Operation<void> {
  if (total <= MOST_AT_ONCE) return;
  const advice = `${total} bytes would have to be allocated or converted, which would block for long: use sealAsync() or mapAsync()`;
  yield* call(
    () => {
      throw systemError(errno.EFBIG, 'seal', path, advice);
    },
    () => Promise.resolve(),
  );
}

/**
 * Returns the blocks that xfs has reserved for copy-on-write. They stay reserved when the other copy is gone, FIEMAP
 * does not show them, and the next store would move into them. Unsharing returns them. In a file that shares nothing it
 * changes only the time of change.
 */
function* returnReservedBlocks(named: NamedFile): Operation<void> {
  yield* fallocateRun(named, FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE, {
    offset: 0,
    length: named.file.size,
    bits: 0,
  });
}

const UNALLOCATED = HOLE | FIEMAP_EXTENT_DELALLOC;
const UNCONVERTED = UNALLOCATED | FIEMAP_EXTENT_UNWRITTEN;
const MENDABLE = UNCONVERTED | FIEMAP_EXTENT_SHARED;

/**
 * The preparation cannot mend the run. A delayed allocation is 'unknown' as well, and can be mended: another mapping
 * makes one when it stores into a hole while the map is read.
 */
function isUnmendable({ bits }: Run): boolean {
  const unknown = (bits & FIEMAP_EXTENT_DELALLOC) !== 0 ? FIEMAP_EXTENT_UNKNOWN : 0;
  return (bits & ~(MENDABLE | unknown)) !== 0;
}

function* mend(
  backend: Backend,
  named: NamedFile,
  runs: readonly Run[],
  onProgress: ((progress: Progress) => void) | undefined,
): Operation<void> {
  const total = runs.reduce((sum, { length }) => sum + length, 0);
  yield* checkAmount(total, named.path);
  const progress = new PreparationProgress(total, onProgress);
  for (const run of runs) {
    if (has(run, FIEMAP_EXTENT_SHARED)) yield* unshareRun(named, run);
    if (has(run, UNALLOCATED)) yield* fallocateRun(named, FALLOC_FL_KEEP_SIZE, run);
    if (!has(run, UNCONVERTED)) progress.add(run.length);
  }
  yield* convert(
    backend,
    named,
    runs.filter((run) => has(run, UNCONVERTED)),
    progress,
  );
  yield* named.file.sync(named.path);
}

/**
 * Rule 6: gives every byte of the file a written block of its own, without storing a byte, and reads the block map
 * back. 'verify' changes nothing: an extent that is not ready is an error.
 *
 * Not promised by 'verify': that xfs has reserved no blocks for copy-on-write. Only 'allocate' can return them.
 *
 * @param fd - of a description of our own: reading may move its position.
 * @returns the block map.
 * @throws ETXTBSY with `offset` and `flags` of the first extent that is not ready; ENOSPC; EFBIG if a synchronous call
 *   would block for long. New blocks may stay, the content is unchanged.
 */
export function* prepareFile(
  backend: Backend,
  named: NamedFile,
  fd: number,
  how: 'allocate' | 'verify',
  onProgress: ((progress: Progress) => void) | undefined,
): Operation<ExtentMap> {
  const { file, path } = named;
  const { files } = file;
  const before = yield* readExtentMap(files, fd, 'synced', path);
  const runs = before.unsound();
  const unmendable = how === 'verify' ? runs[0] : runs.find(isUnmendable);
  if (unmendable !== undefined) throw unsoundError(unmendable, path);
  const isXfs = fileSystemOf(file.fileSystem).name === 'xfs';
  if (runs.length === 0 && (how === 'verify' || !isXfs)) return before;
  if (runs.length > 0) yield* mend(backend, named, runs, onProgress);
  if (isXfs) yield* returnReservedBlocks(named);
  const after = yield* readExtentMap(files, fd, 'synced', path);
  const left = after.unsound()[0];
  if (left !== undefined) throw unsoundError(left, path);
  return after;
}
