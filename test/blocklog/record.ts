import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { selectBackend } from '../../lib/backend/select.js';
import { map } from '../../lib/index.js';
import { Random } from '../support/random.js';
import { BlockLog } from './block-log.js';
import { digestOf } from './digest.js';
import type { DiskPaths } from './logged-disk.js';
import { PAGE, SIZE, WatchedProgram, type Mark } from './programs.js';
import type { Recording, Round, Run } from './recording.js';

/** The name of the file on the mounted disk. */
export const FILE = 'file';

/** The kernel writes one page back, as it may do at any moment. The disk is not flushed. */
function writeBack(path: string, page: number): void {
  const { status, stderr } = spawnSync('xfs_io', ['-c', `sync_range -w ${page * PAGE} ${PAGE}`, path]);
  if (status !== 0) throw new Error(`xfs_io: ${String(stderr)}`);
}

/** Makes the file durable, with this content if there is one. */
function sync(path: string, content = Buffer.alloc(0)): void {
  const fd = openSync(path, 'r+');
  try {
    // Page by page: the kernel writes the pages of one large folio back together.
    for (let at = 0; at < content.length; at += PAGE) writeSync(fd, content, at, PAGE, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function runsOf(path: string): Run[] {
  const fd = openSync(path, 'r');
  try {
    const table = selectBackend('native').files.readExtents(fd, 0, SIZE, 'synced', path);
    return Array.from({ length: table.length / 4 }, (_, at) => {
      const [offset = 0, physical = 0, length = 0, flags = 0] = table.subarray(4 * at, 4 * at + 4);
      if (flags & ~1) throw new Error(`the blocks of the file have flags ${flags}`); // 1: the last extent
      return { offset, physical, length };
    });
  } finally {
    closeSync(fd);
  }
}

/** Runs the programs over a file of a mounted disk: each one so many times. */
export function record(paths: DiskPaths, rounds: readonly number[], seed: number): Recording {
  const path = join(paths.mount, FILE);
  const random = new Random(seed);
  using log = new BlockLog(paths.log);
  closeSync(openSync(path, 'w'));
  sync(path, Buffer.alloc(SIZE));
  const runs = runsOf(path);

  const runOnce = (program: number): Round => {
    const counts: number[] = [];
    const marks: Mark[] = [];
    const onMark = (mark: Mark): void => {
      if (mark !== 'return' && random.below(3) === 0) writeBack(path, random.below(SIZE / PAGE));
      counts.push(log.count());
      marks.push(mark);
    };
    using watched = new WatchedProgram(program, path, map, onMark);
    sync(path, Buffer.alloc(SIZE));
    watched.setUp();
    sync(path);
    const from = log.count();
    watched.run();
    sync(path);
    return { program, from, counts, marks, to: log.count(), content: digestOf(readFileSync(path)) };
  };

  const all = rounds.flatMap((times, program) => Array.from({ length: times }, () => runOnce(program)));
  if (JSON.stringify(runsOf(path)) !== JSON.stringify(runs)) throw new Error('the blocks of the file have moved');
  return { runs, rounds: all };
}
