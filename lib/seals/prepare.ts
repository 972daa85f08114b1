import type { Progress } from '../core/progress.js';
import type { OpenFile } from '../backend/open-file.js';
import type { Backend } from '../backend/backend.js';
import { constants } from '../core/constants.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
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

// What one synchronous seal may allocate or convert: some seconds of a fast disk.
const MOST_AT_ONCE = 2 ** 30;
// What one fallocate(2) covers.
const PART = 2 ** 28;
// So much is made dirty at once; an abort is heard, and progress told, in between.
const PIECE = 2 ** 24;
// So many bytes are being written while the next ones are made dirty.
const AHEAD = 2 * PIECE;

const CANNOT_UNSHARE =
  "its blocks are another file's too, and this file system cannot give it its own in place; copy the file without sharing (cp --reflink=never)";

function has(run: Run, bits: number): boolean {
  return (run.bits & bits) !== 0;
}

type Part = Pick<Run, 'offset' | 'length'>;

/** From the page in which the run begins. */
function* parts(run: Run, size: number): Generator<Part> {
  const start = run.offset - (run.offset % PAGE_SIZE);
  const end = run.offset + run.length;
  for (let offset = start; offset < end; offset += size) yield { offset, length: Math.min(size, end - offset) };
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

/** The file that is sealed, and how the caller named it. */
interface NamedFile {
  readonly file: OpenFile;
  readonly path: string | undefined;
}

function* sync({ file, path }: NamedFile): Operation<void> {
  yield* call(
    () => file.sync(path),
    () => file.syncAsync(path),
  );
}

function* fallocate({ file, path }: NamedFile, mode: number, run: Run): Operation<void> {
  const { fd, files } = file;
  for (const { offset, length } of parts(run, PART)) {
    yield* call(
      () => files.fallocate(fd, mode, offset, length, path),
      () => files.fallocateAsync(fd, mode, offset, length, path),
    );
  }
}

function* unshare(named: NamedFile, run: Run): Operation<void> {
  try {
    yield* fallocate(named, FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE, run);
  } catch (error) {
    if ((error as SystemError).errno === errno.EOPNOTSUPP) throw unsoundError(run, named.path, CANNOT_UNSHARE);
    throw error;
  }
}

function* writeBack({ file, path }: NamedFile, { offset, length }: Part, how: 'start' | 'finish'): Operation<void> {
  yield* call(
    () => file.writeBack(offset, length, how, path),
    () => file.writeBackAsync(offset, length, how, path),
  );
}

/**
 * Every byte had a block, so a page that cannot be had is one that somebody who takes no part has cut off, or made a hole of again
 * that a kernel's seal lets nobody fill.
 */
function changedMeanwhile(error: unknown, path: string | undefined): unknown {
  if ((error as SystemError).errno !== errno.EFAULT) return error;
  return systemError(
    errno.EBUSY,
    'seal',
    path,
    'somebody cut the file or punched a hole into it while it was being prepared; seal again',
  );
}

/** Every page of a part is dirty, and what was stored is not: a write fault that stores nothing. */
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
    throw changedMeanwhile(error, path);
  } finally {
    region.close();
  }
}

/**
 * Makes holes and unwritten extents written without storing a byte. The disk writes some pieces while the next are made
 * dirty, which keeps both busy, and what is written leaves the page cache, which a large file would fill with zeros. fsync(2) is
 * due after it.
 */
function* convert(backend: Backend, named: NamedFile, runs: readonly Run[], told: Told): Operation<void> {
  const underWay: Part[] = [];
  let ahead = 0;
  for (const run of runs) {
    for (const piece of parts(run, PIECE)) {
      yield* makeDirty(backend, named, piece);
      yield* writeBack(named, piece, 'start');
      told.more(piece.length);
      underWay.push(piece);
      ahead += piece.length;
      while (ahead > AHEAD) {
        const due = underWay.shift() ?? piece;
        yield* writeBack(named, due, 'finish');
        ahead -= due.length;
      }
    }
  }
}

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
 * What xfs sets aside for copy on write stays there when the other copy is gone, no FIEMAP shows it, and the next store
 * would move into it. Unsharing gives it back; it changes nothing else of a file that shares nothing, but the time of change.
 */
function* giveBackSetAside(named: NamedFile): Operation<void> {
  yield* fallocate(named, FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE, {
    offset: 0,
    length: named.file.size,
    bits: 0,
  });
}

const UNALLOCATED = HOLE | FIEMAP_EXTENT_DELALLOC;
const UNCONVERTED = UNALLOCATED | FIEMAP_EXTENT_UNWRITTEN;
const MENDABLE = UNCONVERTED | FIEMAP_EXTENT_SHARED;

/** What waits for a place is also 'unknown'. A peer that stores into a hole while it is looked at makes such extents. */
function isHopeless({ bits }: Run): boolean {
  const unknown = (bits & FIEMAP_EXTENT_DELALLOC) !== 0 ? FIEMAP_EXTENT_UNKNOWN : 0;
  return (bits & ~(MENDABLE | unknown)) !== 0;
}

function* mend(
  backend: Backend,
  named: NamedFile,
  runs: readonly Run[],
  hear: ((progress: Progress) => void) | undefined,
): Operation<void> {
  const total = runs.reduce((sum, { length }) => sum + length, 0);
  yield* checkAmount(total, named.path);
  const told = new Told(total, hear);
  for (const run of runs) {
    if (has(run, FIEMAP_EXTENT_SHARED)) yield* unshare(named, run);
    if (has(run, UNALLOCATED)) yield* fallocate(named, FALLOC_FL_KEEP_SIZE, run);
    if (!has(run, UNCONVERTED)) told.more(run.length);
  }
  yield* convert(
    backend,
    named,
    runs.filter((run) => has(run, UNCONVERTED)),
    told,
  );
  yield* sync(named);
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
  named: NamedFile,
  fd: number,
  how: 'allocate' | 'verify',
  hear: ((progress: Progress) => void) | undefined,
): Operation<ExtentMap> {
  const { file, path } = named;
  const { files } = file;
  const found = yield* readExtentMap(files, fd, 'synced', path);
  const runs = found.unsound();
  const hopeless = how === 'verify' ? runs[0] : runs.find(isHopeless);
  if (hopeless !== undefined) throw unsoundError(hopeless, path);
  const isXfs = fileSystemOf(file.fileSystem).name === 'xfs';
  if (runs.length === 0 && (how === 'verify' || !isXfs)) return found;
  if (runs.length > 0) yield* mend(backend, named, runs, hear);
  if (isXfs) yield* giveBackSetAside(named);
  const made = yield* readExtentMap(files, fd, 'synced', path);
  const left = made.unsound()[0];
  if (left !== undefined) throw unsoundError(left, path);
  return made;
}
