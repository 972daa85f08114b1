import type { OpenFile } from '../backend/open-file.js';
import type { Span } from '../backend/region.js';
import { errno, systemError } from '../core/errors.js';
import { runSync } from '../core/sync-or-async.js';
import { badBlockListOf, type BadBlock, type BadBlockList, type NoBadBlockList } from '../storage/bad-blocks.js';
import { FIEMAP_EXTENT_DELALLOC, FIEMAP_EXTENT_UNKNOWN } from '../storage/extent-flags.js';
import { fileSystemOf } from '../storage/file-systems.js';
import { isRegular } from '../storage/inode-type.js';
import { hasRealtimeDevice } from '../storage/realtime-device.js';
import { readRawExtents } from './extent-map.js';

/** A run of bytes of a file, and its place on the device. */
interface PlacedRun {
  readonly offset: number;
  readonly physical: number;
  readonly length: number;
}

const FIELDS = 4;

function notKnown(reason: string): NoBadBlockList {
  return { errno: errno.EOPNOTSUPP, reason };
}

const NO_FILE = 'the memory has no file, so no device has a list of its bad blocks';
const UNPLACED = 'the file system does not say where the blocks of the file are';
const CUT =
  'the kernel shows one page of the list of bad blocks of this device, and a part of the file lies behind the end of that page';

/** The reason why addresses of FIEMAP are not those of the device of the file. */
function reasonOfFileSystem({ dev, fileSystem }: OpenFile): string | undefined {
  const { name, placesAreOfDevice, domain } = fileSystemOf(fileSystem);
  if (domain === 'volatile') return `${name} has no device, so there is no list of its bad blocks`;
  if (placesAreOfDevice !== true) return `${name} does not say which blocks of a device a file has; ext4 and xfs do`;
  if (name !== 'xfs') return undefined;
  const realtime = hasRealtimeDevice(dev);
  if (realtime === true) return 'this xfs has a realtime device, and FIEMAP does not tell which device a block is on';
  return realtime === undefined
    ? 'the mount of this xfs is not in /proc/self/mountinfo, which tells whether it has a realtime device'
    : undefined;
}

function listOf(file: OpenFile): BadBlockList | NoBadBlockList {
  if (file.device !== undefined) return badBlockListOf('char', file.rdev);
  if (!isRegular(file)) return badBlockListOf('block', file.rdev);
  const reason = reasonOfFileSystem(file);
  return reason === undefined ? badBlockListOf('block', file.dev) : notKnown(reason);
}

/**
 * The blocks of a range. A hole has none, and neither has data that waits for its block. undefined: the file system
 * keeps the places to itself.
 *
 * @param raw - the result of FileOperations.readExtents().
 */
export function placedRuns(raw: Float64Array): PlacedRun[] | undefined {
  const runs: PlacedRun[] = [];
  for (let at = 0; at < raw.length; at += FIELDS) {
    const [offset = 0, physical = 0, length = 0, bits = 0] = raw.subarray(at, at + FIELDS);
    if ((bits & FIEMAP_EXTENT_DELALLOC) !== 0) continue;
    if ((bits & FIEMAP_EXTENT_UNKNOWN) !== 0) return undefined;
    runs.push({ offset, physical, length });
  }
  return runs;
}

/**
 * The bad bytes of a range of a file, relative to the start of the range, in order and joined. undefined: a run lies
 * past the end of the list.
 */
export function badBytes(
  runs: readonly PlacedRun[],
  { blocks, end }: BadBlockList,
  range: Span,
): BadBlock[] | undefined {
  const found: { offset: number; length: number }[] = [];
  for (const run of runs) {
    const from = Math.max(run.offset, range.offset);
    const length = Math.min(run.offset + run.length, range.offset + range.length) - from;
    if (length <= 0) continue;
    const physical = run.physical + (from - run.offset);
    if (physical + length > end) return undefined;
    for (const block of blocks) {
      const start = Math.max(block.offset, physical);
      const stop = Math.min(block.offset + block.length, physical + length);
      if (stop <= start) continue;
      const offset = start - physical + from - range.offset;
      const last = found.at(-1);
      if (last !== undefined && last.offset + last.length === offset) last.length += stop - start;
      else found.push({ offset, length: stop - start });
    }
  }
  return found;
}

function runsOf({ files, fd, device, mode }: OpenFile, range: Span, path: string | undefined): PlacedRun[] | undefined {
  if (device !== undefined || !isRegular({ mode })) return [{ ...range, physical: range.offset }];
  return placedRuns(runSync(readRawExtents(files, fd, range, 'now', path)));
}

function find(file: OpenFile, range: Span, path: string | undefined): BadBlock[] | NoBadBlockList {
  const list = listOf(file);
  if ('reason' in list) return list;
  if (list.blocks.length === 0 && list.end === Infinity) return [];
  const runs = runsOf(file, range, path);
  return runs === undefined ? notKnown(UNPLACED) : (badBytes(runs, list, range) ?? notKnown(CUT));
}

/**
 * Mapping.badBlocks(): the bad bytes of a range of a file, as the kernel knows them, from the start of the range.
 *
 * @throws EOPNOTSUPP, EACCES: it cannot be known. So an empty list means that the device has reported none there.
 */
export function badBlocksOf(file: OpenFile | undefined, range: Span, path: string | undefined): BadBlock[] {
  const found = file === undefined ? notKnown(NO_FILE) : find(file, range, path);
  if ('reason' in found) throw systemError(found.errno, 'badBlocks', path, found.reason);
  return found;
}
