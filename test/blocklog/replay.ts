import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BlockLog, SECTOR } from './block-log.js';
import { digestOf } from './digest.js';
import { runTool, type DiskPaths, type LoggedFileSystem } from './logged-disk.js';

/**
 * Makes the disk with so many of its requests, mounts it as after a power cut, and reads the file. The first disk of
 * `paths` is changed. In a process with mounts of its own.
 *
 * @param positions - in rising order.
 * @returns a digest for each of them.
 */
export function mountedContents(
  { base, log: path, mount }: DiskPaths,
  type: LoggedFileSystem,
  positions: readonly number[],
  name: string,
): string[] {
  using log = new BlockLog(path);
  const requests = [...log.requests()];
  const copy = `${base}-copy`;
  const fd = openSync(base, 'r+');
  let done = 0;
  try {
    return positions.map((position) => {
      for (const request of requests.slice(done, position))
        if (!request.isDiscard && request.sectors > 0)
          writeSync(fd, log.bytes(request, 0, request.sectors), 0, undefined, request.sector * SECTOR);
      done = position;
      runTool('cp', '--sparse=always', base, copy);
      runTool('mount', '-t', type, '-o', 'loop', copy, mount);
      try {
        return digestOf(readFileSync(join(mount, name)));
      } finally {
        runTool('umount', mount);
        rmSync(copy);
      }
    });
  } finally {
    closeSync(fd);
  }
}
