import fs from 'node:fs';
import os from 'node:os';
import { fileSystemOf } from '../../lib/storage/file-systems.js';
import type { Medium } from '../benchmark.js';
import { root, sharedMemory } from '../paths.js';

/** A directory to work in, and what is under it. */
export interface WorkingDirectory {
  readonly directory: string;
  /** As statfs(2) says, e.g. 'tmpfs', 'ext4'. */
  readonly fileSystem: string;
  /** Why what is to be measured cannot be measured there, with the remedy. */
  readonly unfit?: string;
}

/** Names the directory for {@link Medium} 'disk', whatever file system it is on. */
const VARIABLE = 'MAPDIRECT_BENCH_DISK';

/** Best first. The targets were set on ext4; 'volatile' has nothing to wait for; what 'unknown' (overlay, nfs) waits for is anybody's guess. */
const PREFERRED = ['ext4', 'storage', 'unknown'];

function preference(directory: string): number {
  const { name, domain } = fileSystemOf(fs.statfsSync(directory).type);
  const index = PREFERRED.findIndex((word) => word === name || word === domain);
  return index < 0 ? PREFERRED.length : index;
}

function diskDirectory(): WorkingDirectory {
  const given = process.env[VARIABLE];
  const candidates = given === undefined || given === '' ? [os.tmpdir(), process.cwd(), root] : [given];
  const [directory = root] = candidates.sort((a, b) => preference(a) - preference(b));
  const { name, domain } = fileSystemOf(fs.statfsSync(directory).type);
  if (domain !== 'volatile') return { directory, fileSystem: name };
  return {
    directory,
    fileSystem: name,
    unfit: `${name} is not a disk: set ${VARIABLE} to a directory on one, best with ext4`,
  };
}

/** Where a benchmark makes its directory. */
export function workingDirectory(place: Medium): WorkingDirectory {
  if (place === 'disk') return diskDirectory();
  return { directory: sharedMemory, fileSystem: fileSystemOf(fs.statfsSync(sharedMemory).type).name };
}
