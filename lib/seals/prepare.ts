import type { Backend, FileOperations } from '../backend/backend.js';
import type { BackingFile } from '../backing-file.js';
import { constants } from '../constants.js';
import { errno, systemError, type SystemError } from '../errors.js';
import { extentFlags, FIEMAP_EXTENT_DELALLOC, FIEMAP_EXTENT_SHARED, FIEMAP_EXTENT_UNKNOWN, FIEMAP_EXTENT_UNWRITTEN, HOLE, type ExtentFlag } from '../extent-flags.js';
import { readExtentMap, type ExtentMap } from '../extent-map.js';
import type { Progress } from '../size-file.js';
import { step, type Steps } from '../steps.js';
import { XFS } from './sealable.js';

const { FALLOC_FL_KEEP_SIZE, FALLOC_FL_UNSHARE_RANGE, MAP_SHARED, PAGE_SIZE, PROT_READ, PROT_WRITE } = constants;

// What one synchronous seal may allocate or convert: some seconds of a fast disk.
const MOST_AT_ONCE = 2 ** 30;
// Between two parts an abort is heard and progress is told.
const PART = 2 ** 28;

const remedies: Readonly<Record<ExtentFlag, string>> = {
  hole: "seal with prepare: 'allocate'",
  unwritten: "seal with prepare: 'allocate'",
  delalloc: 'write it back (fsync) and seal again',
  shared: "its blocks are another file's too; seal with prepare: 'allocate', or copy the file without sharing (cp --reflink=never)",
  encoded: 'it is compressed or encrypted, and moves whenever it is written; copy the file to where it is neither',
  inline: 'it lies within the inode; make the file larger than a block, or copy it to a file system without inline data',
  unknown: 'the file system does not say where it is; use a file on ext4 or xfs',
};

interface Run {
  readonly offset: number;
  readonly length: number;
  readonly bits: number;
}

/** ETXTBSY, with the offset and flags of the extent in the way. */
export interface UnsoundError extends SystemError {
  offset: number;
  flags: readonly ExtentFlag[];
}

function unsoundError({ offset, length, bits }: Run, path: string | undefined): UnsoundError {
  const flags = extentFlags(bits);
  const remedy = flags.map((flag) => remedies[flag]).at(0) ?? '';
  const error = systemError(errno.ETXTBSY, 'seal', path, `the extent at ${offset} (${length} bytes) is ${flags.join(' and ')}: ${remedy}`);
  return Object.assign(error, { offset, flags });
}


function has(run: Run, bits: number): boolean {
  return (run.bits & bits) !== 0;
}

function* parts(run: Run): Generator<{ offset: number; length: number }> {
  const start = run.offset - (run.offset % PAGE_SIZE);
  const end = run.offset + run.length;
  for (let offset = start; offset < end; offset += PART) yield { offset, length: Math.min(PART, end - offset) };
}

/** Says how far it has come. */
class Told {
  private done = 0;

  constructor(
    private readonly total: number,
    private readonly hear: ((progress: Progress) => void) | undefined,
  ) {}

  more(bytes: number): void {
    this.done = Math.min(this.total, this.done + bytes);
    this.hear?.({ phase: 'seal', done: this.done, total: this.total });
  }
}

function* sync(file: BackingFile): Steps<void> {
  yield* step(
    () => file.sync(),
    () => file.files.syncAsync(file.fd, file.path),
  );
}

function* fallocate(files: FileOperations, file: BackingFile, mode: number, run: Run): Steps<void> {
  for (const { offset, length } of parts(run)) {
    yield* step(
      () => files.fallocate(file.fd, mode, offset, length, file.path),
      () => files.fallocateAsync(file.fd, mode, offset, length, file.path),
    );
  }
}

function* unshare(file: BackingFile, run: Run): Steps<void> {
  try {
    yield* fallocate(file.files, file, FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE, run);
    yield* sync(file);
  } catch (error) {
    if ((error as SystemError).errno === errno.EOPNOTSUPP) throw unsoundError(run, file.path);
    throw error;
  }
}

/** Makes holes and unwritten extents written without storing a byte: a write fault that stores nothing, then fsync(2). */
function* convert(backend: Backend, file: BackingFile, run: Run, told: Told): Steps<void> {
  for (const { offset, length } of parts(run)) {
    const region = backend.map({ file, offset, length, prot: PROT_READ | PROT_WRITE, flags: MAP_SHARED, sync: 'off', reserve: 0 });
    try {
      yield* step(
        () => region.populate(0, length, true),
        () => region.populateAsync(0, length, true),
      );
    } finally {
      region.close();
    }
    yield* sync(file);
    told.more(length);
  }
}

function* checkAmount(total: number, path: string | undefined): Steps<void> {
  if (total <= MOST_AT_ONCE) return;
  const advice = `${total} bytes would have to be allocated or converted, which would block for long: use sealAsync() or mapAsync()`;
  yield* step(
    () => {
      throw systemError(errno.EFBIG, 'seal', path, advice);
    },
    () => Promise.resolve(),
  );
}

/**
 * What xfs sets aside for copy on write stays there when the other copy is gone, no FIEMAP shows it, and the next store
 * would move into it. Unsharing gives it back; it changes nothing else of a file that shares nothing, but the time of change.
 */
function* giveBackSetAside(file: BackingFile): Steps<void> {
  yield* fallocate(file.files, file, FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE, { offset: 0, length: file.size, bits: 0 });
}

const UNALLOCATED = HOLE | FIEMAP_EXTENT_DELALLOC;
const MENDABLE = UNALLOCATED | FIEMAP_EXTENT_UNWRITTEN | FIEMAP_EXTENT_SHARED;

/** What waits for a place is also 'unknown'. A peer that stores into a hole while it is looked at makes such extents. */
function isHopeless({ bits }: Run): boolean {
  const unknown = (bits & FIEMAP_EXTENT_DELALLOC) !== 0 ? FIEMAP_EXTENT_UNKNOWN : 0;
  return (bits & ~(MENDABLE | unknown)) !== 0;
}

/**
 * Rule 6: every byte of the file gets a block that is written and its own, without a byte being stored; then that is read back.
 *
 * @param fd - a description of ours for looking, which may move its position.
 * @returns where everything is.
 * @throws ETXTBSY with the first extent that is not so (`offset`, `flags`); ENOSPC; EFBIG when blocking would take too long. Blocks
 *   may stay behind, the content is as it was.
 * Not promised by 'verify': that xfs has set no blocks aside for copy on write, which only 'allocate' can give back.
 */
export function* prepareFile(
  backend: Backend,
  file: BackingFile,
  fd: number,
  how: 'allocate' | 'verify',
  hear: ((progress: Progress) => void) | undefined,
): Steps<ExtentMap> {
  const { files, path } = file;
  const found = yield* readExtentMap(files, fd, 'synced', path);
  const runs = found.unsound();
  const hopeless = how === 'verify' ? runs[0] : runs.find(isHopeless);
  if (hopeless !== undefined) throw unsoundError(hopeless, path);
  const isXfs = file.fileSystem >>> 0 === XFS;
  if (runs.length === 0 && (how === 'verify' || !isXfs)) return found;
  const total = runs.reduce((sum, { length }) => sum + length, 0);
  yield* checkAmount(total, path);
  const told = new Told(total, hear);
  for (const run of runs) {
    if (has(run, FIEMAP_EXTENT_SHARED)) yield* unshare(file, run);
    if (has(run, UNALLOCATED)) yield* fallocate(files, file, FALLOC_FL_KEEP_SIZE, run);
    if (has(run, UNALLOCATED | FIEMAP_EXTENT_UNWRITTEN)) yield* convert(backend, file, run, told);
  }
  if (isXfs) yield* giveBackSetAside(file);
  const made = yield* readExtentMap(files, fd, 'synced', path);
  const left = made.unsound()[0];
  if (left !== undefined) throw unsoundError(left, path);
  return made;
}
