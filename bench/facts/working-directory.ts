import fs from 'node:fs';
import os from 'node:os';
import { fileSystemOf } from '../../lib/storage/file-systems.js';
import type { Medium } from '../benchmark.js';
import { root, sharedMemory } from '../paths.js';

/** A directory for the files of a benchmark, and its file system. */
export interface WorkingDirectory {
  readonly directory: string;
  /** From statfs(2), e.g. 'tmpfs', 'ext4'. */
  readonly fileSystem: string;
  /** The reason why the benchmark cannot run there, with the remedy; undefined: it can. */
  readonly unfit?: string;
}

/** The environment variable that names the directory for {@link Medium} 'disk'. */
const VARIABLE = 'MAPDIRECT_BENCH_DISK';

/** The environment variable that names the directory for {@link Medium} 'xfs'. */
const XFS_VARIABLE = 'MAPDIRECT_BENCH_XFS';

/** Best first. The targets were set on ext4. 'unknown' is overlay, nfs and others. 'volatile' has no disk at all. */
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

/** The directory of the variable, or the first usual one on xfs. */
function xfsDirectory(): WorkingDirectory {
  const given = process.env[XFS_VARIABLE];
  const candidates = given === undefined || given === '' ? [os.tmpdir(), process.cwd(), root] : [given];
  const found = candidates.find((directory) => fileSystemOf(fs.statfsSync(directory).type).name === 'xfs');
  if (found !== undefined) return { directory: found, fileSystem: 'xfs' };
  const directory = os.tmpdir();
  return { directory, fileSystem: 'xfs', unfit: `no xfs here: set ${XFS_VARIABLE} to a directory on one` };
}

/** The directory in which a benchmark makes its own directory. */
export function workingDirectory(place: Medium): WorkingDirectory {
  if (place === 'disk') return diskDirectory();
  if (place === 'xfs') return xfsDirectory();
  return { directory: sharedMemory, fileSystem: fileSystemOf(fs.statfsSync(sharedMemory).type).name };
}
