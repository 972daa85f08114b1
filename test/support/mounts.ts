import { afterAll, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { skipFor, type Requirement } from './skip.js';

export type FileSystemType = 'ext4' | 'xfs' | 'btrfs' | 'tmpfs';

interface Recipe {
  readonly package?: string;
  readonly make?: readonly string[];
  /** The smallest image that its mkfs accepts. */
  readonly minimum: number;
}

const MIB = 2 ** 20;
const recipes: Readonly<Record<FileSystemType, Recipe>> = {
  ext4: { package: 'e2fsprogs', make: ['mkfs.ext4', '-q', '-F'], minimum: 2 * MIB },
  xfs: { package: 'xfsprogs', make: ['mkfs.xfs', '-q', '-f'], minimum: 300 * MIB },
  btrfs: { package: 'btrfs-progs', make: ['mkfs.btrfs', '-q', '-f'], minimum: 128 * MIB },
  tmpfs: { minimum: 4096 },
};

/** A file system that is missing here: the reason and the remedy. */
export interface Missing {
  readonly skip: string;
}

function run(command: readonly string[]): { ok: boolean; output: string } {
  const [program = '', ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  return { ok: status === 0, output: error?.message ?? `${stdout}${stderr}`.trim() };
}

function has(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/sbin', '/usr/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

function mountCommand(type: FileSystemType, image: string, dir: string, sizeBytes: number): readonly string[] {
  if (type === 'tmpfs') return ['mount', '-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', dir];
  return ['mount', '-t', type, '-o', 'loop', image, dir];
}

/** A file system of its own, mounted when it is first used, unmounted after the last test by the path it was given. */
export class MountPoint {
  private home: string | undefined;
  private mounted = false;

  constructor(
    readonly type: FileSystemType,
    readonly sizeBytes: number,
  ) {
    afterAll(() => this.remove());
  }

  private paths(): { image: string; dir: string } {
    this.home ??= mkdtempSync(join(tmpdir(), `mapdirect-${this.type}-`));
    return { image: join(this.home, 'image'), dir: join(this.home, 'mount') };
  }

  /** Image and folder; undefined when that worked. */
  private prepare(): string | undefined {
    const { image, dir } = this.paths();
    if (!existsSync(dir)) mkdirSync(dir);
    const { make } = recipes[this.type];
    if (make === undefined || existsSync(image)) return undefined;
    writeFileSync(image, '');
    truncateSync(image, this.sizeBytes);
    const made = run([...make, image]);
    return made.ok ? undefined : made.output;
  }

  /** Mounts once in a name space that goes away with its process. Returns why it did not work. */
  trial(): string | undefined {
    try {
      const { image, dir } = this.paths();
      const unprepared = this.prepare();
      if (unprepared !== undefined) return unprepared;
      const tried = run(['unshare', '--mount', ...mountCommand(this.type, image, dir, this.sizeBytes)]);
      return tried.ok ? undefined : tried.output;
    } finally {
      this.remove();
    }
  }

  /** The folder to work in. */
  get dir(): string {
    const { image, dir } = this.paths();
    if (this.mounted) return dir;
    const unprepared = this.prepare();
    const done =
      unprepared === undefined
        ? run(mountCommand(this.type, image, dir, this.sizeBytes))
        : { ok: false, output: unprepared };
    if (!done.ok) throw new Error(`mount: ${done.output}`);
    this.mounted = true;
    return dir;
  }

  /** The file of its loop device. */
  get image(): string {
    return this.paths().image;
  }

  private remove(): void {
    if (this.home === undefined) return;
    const { dir } = this.paths();
    // Lazily when it is busy: a test that failed may have left a mapping open.
    if (this.mounted && !run(['umount', dir]).ok) run(['umount', '--lazy', dir]);
    this.mounted = false;
    rmSync(this.home, { recursive: true, force: true });
    this.home = undefined;
  }
}

/**
 * A file system of `sizeBytes` (more where its mkfs wants more); or why there is none here, with the remedy. Call it
 * while tests are being defined.
 */
export function mountPoint(type: FileSystemType, sizeBytes: number): MountPoint | Missing {
  const { make, minimum, package: from } = recipes[type];
  if (process.platform !== 'linux') return { skip: `only Linux has ${type}: run the tests on Linux` };
  if (process.getuid?.() !== 0)
    return { skip: `mounting ${type} needs root: run the tests as root, or in a container with --privileged` };
  const tool = make?.[0];
  if (tool !== undefined && !has(tool)) return { skip: `${tool} is missing: install ${from}` };
  const mount = new MountPoint(type, Math.max(sizeBytes, minimum));
  const failed = mount.trial();
  if (failed === undefined) return mount;
  return {
    skip: `${type} cannot be mounted (${failed.split('\n')[0]}): run where loop mounts are allowed, e.g. docker run --privileged`,
  };
}

/** The need of a mounted file system. */
export function mountable(mount: MountPoint | Missing): Requirement {
  return skipFor('skip' in mount ? mount.skip : undefined);
}

/** A test on a mounted file system; `body` gets its folder. */
export function testOn(mount: MountPoint | Missing, name: string, body: (dir: string) => void | Promise<void>): void {
  if ('skip' in mount) skipFor(mount.skip).test(name, () => undefined);
  else test(`${name} [${mount.type}]`, () => body(mount.dir));
}
