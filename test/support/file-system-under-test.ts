import { afterAll } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSystemOf } from '../../lib/storage/file-systems.js';
import { mountPoint, type FileSystemType, type MountPoint } from './mounts.js';
import { watermark } from './watermark.js';

const MIB = 2 ** 20;

export type Kind = FileSystemType | 'other';

/** A folder on a file system of a known kind, or the reason and the remedy where it is missing. */
export interface Place {
  readonly name: string;
  readonly kind: Kind;
  readonly missing: string | undefined;
  /** Files there can share blocks. */
  readonly reflink: boolean;
  /** Shared blocks become a file's own without a store: FALLOC_FL_UNSHARE_RANGE. */
  readonly unshares: boolean;
  /** The kernel says where blocks are. */
  readonly verifiable: boolean;
  /** The mount, if the tests have mounted it. */
  readonly mount: MountPoint | undefined;
  /** A path at which there is nothing. */
  path(name?: string): string;
  /** A file of `length` bytes of watermark, every block of it written and on the disk. */
  file(length: number): string;
  /** A file of `length` bytes, all of it a hole. */
  sparse(length: number): string;
}

class Folder implements Place {
  private made: string | undefined;
  private count = 0;

  constructor(
    readonly name: string,
    readonly kind: Kind,
    readonly missing: string | undefined,
    private readonly root: () => string,
    private readonly noCow: boolean,
    readonly mount: MountPoint | undefined = undefined,
  ) {
    afterAll(() => {
      if (this.made !== undefined) fs.rmSync(this.made, { recursive: true, force: true });
    });
  }

  get reflink(): boolean {
    return this.kind === 'xfs' || this.kind === 'btrfs';
  }

  get unshares(): boolean {
    return this.kind === 'xfs';
  }

  get verifiable(): boolean {
    return this.kind !== 'tmpfs';
  }

  private get dir(): string {
    if (this.made !== undefined) return this.made;
    this.made = fs.mkdtempSync(join(this.root(), 'mapdirect-seals-'));
    if (this.noCow) run('chattr', '+C', this.made); // files made there inherit it
    return this.made;
  }

  path(name = 'file'): string {
    return join(this.dir, `${this.count++}-${name}`);
  }

  file(length: number): string {
    const path = this.path();
    const fd = fs.openSync(path, 'wx', 0o600);
    try {
      fs.writeSync(fd, watermark(0, length));
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    return path;
  }

  sparse(length: number): string {
    const path = this.path('sparse');
    fs.writeFileSync(path, '', { mode: 0o600 });
    fs.truncateSync(path, length);
    return path;
  }
}

/** Runs a program that does not use this package. */
export function run(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

function mounted(name: string, type: FileSystemType, noCow = false): Place {
  const mount = mountPoint(type, 64 * MIB);
  return 'skip' in mount
    ? new Folder(name, type, mount.skip, () => '', noCow)
    : new Folder(name, type, undefined, () => mount.dir, noCow, mount);
}

function kindOf(dir: string): Kind {
  const { name } = fileSystemOf(fs.statfsSync(dir).type);
  return (['ext4', 'xfs', 'btrfs', 'tmpfs'] as const).find((kind) => name.startsWith(kind)) ?? 'other';
}

/** The temporary directory, as it is. */
function here(): Place {
  const kind = kindOf(tmpdir());
  const missing =
    kind === 'other'
      ? 'the temporary directory is on a file system without seals: set TMPDIR to one on ext4, xfs or tmpfs'
      : undefined;
  return new Folder('here', kind, missing, tmpdir, kind === 'btrfs');
}

/** btrfs without NOCOW: nothing can be sealed there. Call it while tests are being defined. */
export function plainBtrfs(): Place {
  return mounted('btrfs', 'btrfs');
}

/**
 * Where seals are tried: in the guest (test/vm) the place that it has prepared; elsewhere a file system of each kind,
 * and the temporary directory where none can be mounted. Call it while tests are being defined.
 */
export function placesForSeals(): readonly Place[] {
  if (process.env['MAPDIRECT_TEST_GRANULARITY'] !== undefined) return [here()];
  const own = [
    mounted('ext4', 'ext4'),
    mounted('xfs', 'xfs'),
    mounted('tmpfs', 'tmpfs'),
    mounted('btrfs NOCOW', 'btrfs', true),
  ];
  return own.every(({ missing }) => missing !== undefined) ? [here(), ...own] : own;
}
