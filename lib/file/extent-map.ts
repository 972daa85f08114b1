import type { ExtentQuestion, FileOperations } from '../backend/file-operations.js';
import { errno, hasErrno } from '../core/errors.js';
import {
  extentFlags,
  FIEMAP_EXTENT_DELALLOC,
  FIEMAP_EXTENT_UNWRITTEN,
  HOLE,
  UNSOUND,
  type ExtentFlag,
} from '../storage/extent-flags.js';
import { call, type Operation } from '../core/sync-or-async.js';

/**
 * A run of bytes of a file. Offset and length are bytes. Without flags its blocks are written and belong to this file
 * alone.
 */
export interface Extent {
  /** The first byte, from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** In which way its blocks are not plain ones. Empty: they are written and belong to this file alone. */
  readonly flags: readonly ExtentFlag[];
}

/** A part of a file with one state. */
export interface Run {
  readonly offset: number;
  readonly length: number;
  /** FIEMAP_EXTENT_* and HOLE. */
  readonly bits: number;
}

interface PlacedRun extends Run {
  readonly physical: number;
}

/**
 * 'blocks': the file system reports the place and the flags of each block (FIEMAP). 'holes': it reports only data and
 * holes (SEEK_DATA).
 */
export type ExtentDetail = 'blocks' | 'holes';

const FIELDS = 4;

/**
 * Compares the byte at `from` of a file in two maps. The runs `was` and `now` both contain it.
 *
 * @returns true: it has not moved.
 */
export type Comparison = (was: PlacedRun, now: PlacedRun, from: number) => boolean;

function isAtTheSamePlace(was: PlacedRun, now: PlacedRun, from: number): boolean {
  return was.physical + (from - was.offset) === now.physical + (from - now.offset);
}

/** Nothing changed: the same flags, and the same place on the disk. */
export const unmoved: Comparison = (was, now, from) =>
  was.bits === now.bits && ((now.bits & HOLE) !== 0 || isAtTheSamePlace(was, now, from));

/**
 * As {@link unmoved}, and also true if a plain store explains the change: an unwritten block became a written one in
 * place; a hole or a delayed allocation got blocks; a shared block was replaced by a block of the file's own. Always
 * false if a written block of the file's own has changed.
 */
export const unmovedOrStored: Comparison = (was, now, from) => {
  if (unmoved(was, now, from)) return true;
  if (was.bits === 0 || (now.bits & HOLE) !== 0) return false;
  if (was.bits === FIEMAP_EXTENT_UNWRITTEN) return now.bits === 0 && isAtTheSamePlace(was, now, from);
  return (now.bits & ~(was.bits | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_UNWRITTEN)) === 0;
};

function follows(last: PlacedRun, next: PlacedRun): boolean {
  if (last.bits !== next.bits) return false;
  return (next.bits & HOLE) !== 0 || next.physical === last.physical + last.length;
}

/**
 * The block map of a file at one moment: runs from offset 0 to the size, with holes. Neighbours are joined, so that two
 * maps of an unchanged file are equal. A run takes 32 bytes: a seal keeps a map as long as it is held.
 */
export class ExtentMap {
  private constructor(
    readonly size: number,
    private readonly detail: ExtentDetail,
    private readonly table: Float64Array,
  ) {}

  /** @param raw - the result of FileOperations.readExtents(). */
  static of(raw: Float64Array, size: number, detail: ExtentDetail): ExtentMap {
    const runs: PlacedRun[] = [];
    const put = (run: PlacedRun): void => {
      const last = runs.at(-1);
      if (last !== undefined && follows(last, run))
        runs[runs.length - 1] = { ...last, length: last.length + run.length };
      else runs.push(run);
    };
    let end = 0;
    const hole = (to: number): void => {
      if (to > end) put({ offset: end, physical: 0, length: to - end, bits: HOLE });
    };
    for (let at = 0; at < raw.length; at += FIELDS) {
      const [offset = 0, physical = 0, length = 0, bits = 0] = raw.subarray(at, at + FIELDS);
      const stop = Math.min(offset + length, size);
      if (offset >= size || stop <= end) continue; // past the end: blocks that were allocated in advance
      hole(offset);
      const from = Math.max(offset, end);
      put({ offset: from, physical: physical + (from - offset), length: stop - from, bits: bits & UNSOUND });
      end = stop;
    }
    hole(size);
    return new ExtentMap(
      size,
      detail,
      Float64Array.from(runs.flatMap(({ offset, physical, length, bits }) => [offset, physical, length, bits])),
    );
  }

  private *runs(): Generator<PlacedRun> {
    for (let at = 0; at < this.table.length; at += FIELDS) {
      const [offset = 0, physical = 0, length = 0, bits = 0] = this.table.subarray(at, at + FIELDS);
      yield { offset, physical, length, bits };
    }
  }

  /** The runs without their physical addresses. */
  extents(): Extent[] {
    return Array.from(this.runs(), ({ offset, length, bits }) => {
      const flags = extentFlags(bits);
      return { offset, length, flags: this.detail === 'blocks' || flags.length > 0 ? flags : ['unknown'] };
    });
  }

  /** The runs of [offset, end) that prevent a seal: not written, or not the file's own. With all their bits. */
  unsound(offset = 0, end = this.size): Run[] {
    const found: Run[] = [];
    for (const run of this.runs()) {
      if (run.offset >= end) break;
      if (run.offset + run.length > offset && run.bits !== 0)
        found.push({ offset: run.offset, length: run.length, bits: run.bits });
    }
    return found;
  }

  /**
   * The parts that are at another place in `later`, with their flags in `later`. A part past the end of `later` is a
   * hole.
   *
   * @param isSame - decides that a part has not moved.
   */
  movedIn(later: ExtentMap, isSame: Comparison = unmoved): Extent[] {
    const moved: Extent[] = [];
    const put = (offset: number, end: number, bits: number): void => {
      if (end > offset) moved.push({ offset, length: end - offset, flags: extentFlags(bits) });
    };
    const before = [...this.runs()];
    let at = 0;
    for (const now of later.runs()) {
      let from = now.offset;
      const stop = now.offset + now.length;
      let start = from; // of the part that has moved
      while (from < stop) {
        while (at < before.length && (before[at]?.offset ?? 0) + (before[at]?.length ?? 0) <= from) at++;
        const was = before[at];
        const end = was === undefined ? stop : Math.min(stop, was.offset + was.length);
        if (was !== undefined && isSame(was, now, from)) {
          put(start, from, now.bits);
          start = end;
        }
        from = end;
      }
      put(start, stop, now.bits);
    }
    put(later.size, this.size, HOLE); // truncated
    return moved;
  }
}

/** The error says that the file system has no FIEMAP: tmpfs, and most network file systems. */
export function hasNoFiemap(error: unknown): boolean {
  return hasErrno(error, errno.EOPNOTSUPP, errno.ENOTTY);
}

/** FileOperations.readExtents() as an operation. */
export function* readRawExtents(
  files: FileOperations,
  fd: number,
  range: { readonly offset: number; readonly length: number },
  question: ExtentQuestion,
  path?: string,
): Operation<Float64Array> {
  const { offset, length } = range;
  return yield* call(
    () => files.readExtents(fd, offset, length, question, path),
    () => files.readExtentsAsync(fd, offset, length, question, path),
  );
}

/**
 * Reads the block map of the file behind `fd`, a description of our own.
 *
 * @param question - 'synced': writes dirty pages back first, so that delayed allocations have blocks.
 */
export function* readExtentMap(
  files: FileOperations,
  fd: number,
  question: 'now' | 'synced',
  path?: string,
): Operation<ExtentMap> {
  const { size } = files.stat(fd, path);
  const whole = { offset: 0, length: size };
  try {
    return ExtentMap.of(yield* readRawExtents(files, fd, whole, question, path), size, 'blocks');
  } catch (error) {
    if (!hasNoFiemap(error)) throw error;
  }
  return ExtentMap.of(yield* readRawExtents(files, fd, whole, 'seek', path), size, 'holes');
}
