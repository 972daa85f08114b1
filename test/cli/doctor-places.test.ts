// mapdirect doctor in containers and on unusual places: it says what it can, and calls nothing a fault.
import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { hugePagesOnDax, hugePagesOnTmpfs } from '../../lib/cli/doctor/huge-pages.js';
import { ioUringAnswer } from '../../lib/cli/doctor/examine.js';
import type { Addon } from '../../lib/backend/native/addon.js';
import { errno } from '../../lib/core/errors.js';
import { native } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { mountPoint, testOn, type FileSystemType } from '../support/mounts.js';
import { CLI } from '../support/paths.js';
import { inPrivate, missingOverlay } from '../support/private-mounts.js';
import { Scratch } from '../support/scratch.js';
import { root, skipFor } from '../support/skip.js';

const scratch = new Scratch();
const MIB = 2 ** 20;

interface Answers {
  readonly [name: string]: { readonly answer: unknown; readonly reason?: string };
}

function directory(): string {
  const path = scratch.path('dir');
  mkdirSync(path);
  return path;
}

/** Runs a command, here or with mounts of its own, that ends with the doctor of `path`. @returns screen and answers. */
function examined(path: string, before: readonly string[] = [], ids: { uid?: number; gid?: number } = {}) {
  const [program = process.execPath, ...args] = [...before, process.execPath, CLI, 'doctor', path];
  const options = { encoding: 'utf8', env: cleanEnvironment(), ...ids } as const;
  const screen = spawnSync(program, args, options);
  const json = spawnSync(program, [...args, '--json'], options);
  expect([screen.status, json.status, screen.stderr, json.stderr]).toEqual([0, 0, '', '']);
  // A sign of a fault would cry wolf: nothing in these places can be mended by their user.
  expect(screen.stdout).not.toMatch(/^ {2}\S.{11} !/m);
  return { stdout: screen.stdout, answers: (JSON.parse(json.stdout) as { answers: Answers }).answers };
}

/** A shell with mounts of its own runs `script` first; $1 is the directory. */
function after(script: string, dir: string): string[] {
  return [...inPrivate, 'sh', '-c', `${script} && shift && exec "$@"`, 'sh', dir];
}

native.describe('places', () => {
  test.each(['/', '/dev/shm', '/proc', '/sys', '/dev', process.execPath].map((path) => [path]))('%s', (path) => {
    expect(examined(path).answers['path']).toBeDefined();
  });

  describe.each<FileSystemType>(['ext4', 'xfs', 'btrfs', 'tmpfs'])('%s', (type) => {
    testOn(mountPoint(type, 64 * MIB), 'the mount, the power and the seals', (dir) => {
      const { answers, stdout } = examined(dir);
      expect(answers['mount']?.answer).toMatchObject({ directory: dir, type });
      expect(answers['persistenceDomain']?.answer).toBe(type === 'tmpfs' ? 'volatile' : 'storage');
      expect(answers['seals']?.answer).toBe('lease');
      expect(stdout).toMatch(new RegExp(`^ {2}file system {4}${type} on`, 'm'));
      expect(readdirSync(dir).filter((name) => name !== 'lost+found')).toEqual([]);
    });
  });

  test('a path that does not exist answers through its directory, and is not made', () => {
    const dir = directory();
    const { answers } = examined(join(dir, 'new'));
    expect(answers['path']).toMatchObject({
      answer: join(dir, 'new'),
      reason: expect.stringMatching(/does not exist/),
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  test('a symbolic link answers for its file', () => {
    const [file, link] = [scratch.file(8192), scratch.path('link')];
    symlinkSync(file, link);
    expect(examined(link).answers['path']).toEqual({ answer: file });
  });

  const overlayDir = directory();
  skipFor(missingOverlay(overlayDir)?.skip).test('overlay, as in a container', () => {
    const layers = 'mount -t tmpfs t "$1" && mkdir "$1/l" "$1/u" "$1/w" "$1/m"';
    const overlay = 'mount -t overlay o -o "lowerdir=$1/l,upperdir=$1/u,workdir=$1/w" "$1/m"';
    const { answers, stdout } = examined(join(overlayDir, 'm'), after(`${layers} && ${overlay}`, overlayDir));
    expect(answers['fileSystem']?.answer).toBe('overlay');
    expect(answers['persistenceDomain']?.answer).toBe('unknown');
    expect(answers['seals']).toMatchObject({ answer: 'no', remedy: expect.stringMatching(/ext4/) });
    expect(stdout).not.toContain('lowerdir'); // dozens of paths in a container
  });

  const mounts = root('a mount of its own');
  mounts.test('without /proc: what only /proc tells is unknown, the rest is as with it', () => {
    const dir = directory();
    const usual = examined(dir).answers;
    const { answers } = examined(dir, after('umount -l /proc', dir));
    expect(answers['mount']).toEqual({ answer: 'unknown', reason: '/proc does not tell.' });
    expect(answers['mapCount']?.answer).toBe('unknown');
    for (const name of ['backend', 'granularity', 'mapSync', 'extents', 'leases', 'ioUring', 'seals'])
      expect([name, answers[name]?.answer]).toEqual([name, usual[name]?.answer]);
  });

  mounts.test('without /sys', () => {
    const dir = directory();
    const { answers } = examined(dir, after('mount -t tmpfs t /sys', dir));
    expect(answers['rdma']?.answer).toBe('no');
    expect(answers['unsafeShutdowns']?.answer).toBe('unknown');
  });

  mounts.test('a file system that is mounted read-only: nothing could be tried', () => {
    const dir = directory();
    const { answers, stdout } = examined(dir, after('mount -t tmpfs t "$1" && mount -o remount,ro "$1"', dir));
    for (const name of ['dax', 'mapSync', 'extents', 'leases'])
      expect(answers[name]).toMatchObject({ answer: 'unknown', reason: expect.stringMatching(/EROFS/) });
    expect(stdout.match(/EROFS/g)).toHaveLength(1); // the reason is not printed for each of them
  });

  const NOBODY = { uid: 65534, gid: 65534 };
  const nobody = mounts.andUnless(
    process.getuid?.() === 0 && spawnSync(process.execPath, [CLI, '--version'], NOBODY).status === 0,
    'the user nobody cannot read this checkout',
    'run the tests in a folder that all users can read',
  );
  nobody.test('a user without rights, in a directory that is not writable', () => {
    const dir = directory();
    for (const each of [scratch.dir, dir]) chmodSync(each, 0o755);
    const { answers } = examined(dir, [], NOBODY);
    expect(answers['dax']).toMatchObject({ answer: 'unknown', reason: expect.stringMatching(/EACCES/) });
    expect(answers['backend']?.answer).toBe('native');
  });
});

native.describe('io_uring', () => {
  test.each<[string, string, number]>([
    ['yes', 'it may be used', 0],
    ['no', 'seccomp forbids it', errno.EPERM],
    ['no', 'the kernel lacks it', -38],
  ])('%s: %s', (answer, _why, result) => {
    expect(ioUringAnswer({ addon: { uringTry: () => result } as unknown as Addon }).answer).toBe(answer);
  });
});

describe('pages of 2 MiB on DAX', () => {
  const aligned = { align: 2 * MIB, start: 0 };
  const run = (physical: number) => ({ runs: [{ offset: 0, physical, length: 4 * MIB }], size: 4 * MIB });
  test.each<[string, 'yes' | 'no', RegExp, ReturnType<typeof hugePagesOnDax>]>([
    ['a file in whole units', 'yes', /4 MiB of 4 MiB/, hugePagesOnDax(aligned, run(2 * MIB))],
    ['a file at half a unit', 'no', /0 B of 4 MiB/, hugePagesOnDax(aligned, run(MIB))],
    ['a directory', 'yes', /where its blocks lie/, hugePagesOnDax(aligned, undefined)],
    ['a namespace of 4 KiB', 'no', /aligned to 4 KiB/, hugePagesOnDax({ align: 4096, start: 0 }, run(0))],
    ['a partition at sector 34', 'no', /byte 17408/, hugePagesOnDax({ align: undefined, start: 17408 }, run(0))],
  ])('%s: %s', (_title, answer, reason, found) => {
    expect(found).toMatchObject({ answer, reason: expect.stringMatching(reason) });
    expect(found.remedy !== undefined).toBe(answer === 'no');
  });
});

test.each<['yes' | 'no', string[], string | undefined]>([
  ['no', ['rw'], 'always within_size advise [never] deny force'],
  ['no', ['rw', 'huge=never'], undefined],
  ['yes', ['rw', 'huge=within_size'], 'always within_size advise [never] deny force'],
  ['yes', ['rw'], 'always within_size advise never deny [force]'],
  ['no', ['rw', 'huge=always'], 'always within_size advise never [deny] force'],
])('pages of 2 MiB on tmpfs: %s with %j and %j', (answer, options, enabled) => {
  expect(hugePagesOnTmpfs(options, enabled).answer).toBe(answer);
});
