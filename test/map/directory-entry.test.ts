// The directory entry of a file that is made: which one it is, that it is on the disk, and which one is removed.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { files } from '../../lib/index.js';
import { syncEntry } from '../../lib/file/directory-entry.js';
import { identity } from '../../lib/storage/inode-id.js';
import { runAsync, runSync } from '../../lib/core/sync-or-async.js';
import type { FileOperations } from '../../lib/backend/file-operations.js';
import { errno, systemError } from '../../lib/core/errors.js';
import { describeBackends, native } from '../support/backends.js';
import { rejected, thrown } from '../support/errors.js';
import { inPrivate, missingFuse } from '../support/private-mounts.js';
import { expectDone, runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { root, skipFor } from '../support/skip.js';

const scratch = new Scratch();

const folder = (): string => mkdtempSync(join(scratch.dir, 'entry-'));
const fuse = missingFuse(folder());

describeBackends('the directory entry of a file made with create: true', (backend) => {
  test('is that of the directory in which the call was made, whatever chdir() follows', async () => {
    expectDone(await runChild('working-directory', [folder(), backend]));
  });

  root('becoming another user').test(
    'is on the disk, or an error names the directory, where that cannot be read',
    async () => {
      // Not in the scratch folder, which is root's alone.
      const dir = mkdtempSync(join(tmpdir(), 'mapdirect-boxes-'));
      try {
        expectDone(await runChild('cannot-sync', [dir, backend]));
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },
  );

  skipFor(fuse?.skip).test('is on the disk, or an error names the directory, where that cannot be synced', async () => {
    expectDone(await runChild('one-inode-number', [folder(), backend, 'create'], { through: inPrivate }));
  });
});

/** The calls to a kernel that answers fsync(2) of a directory with `answer`. */
function asked(answer: number): { files: FileOperations; calls: string[] } {
  const calls: string[] = [];
  const sync = (): void => {
    calls.push('fsync');
    if (answer !== 0) throw systemError(answer, 'fsync');
  };
  const files = {
    open: () => calls.push('open'),
    close: () => calls.push('close'),
    sync,
    syncAsync: async () => sync(),
    syncFileSystem: () => calls.push('syncfs'),
    syncFileSystemAsync: async () => calls.push('syncfs'),
  };
  return { files: files as unknown as FileOperations, calls };
}

describe('syncEntry', () => {
  const path = join(folder(), 'file');
  writeFileSync(path, '');
  const { dev, ino } = statSync(path, { bigint: true });
  const file = { dev: identity(dev), ino: identity(ino), fd: 7 };

  test.each([
    ['syncs the directory', 0, path, ['open', 'fsync', 'close']],
    [
      'syncs the file system where a directory cannot be synced',
      errno.EINVAL,
      path,
      ['open', 'fsync', 'close', 'syncfs'],
    ],
    ['syncs the file system where the name is not known', 0, undefined, ['syncfs']],
    ['syncs the file system where the name is not the file’s any more', 0, `${path}-gone`, ['syncfs']],
  ])('%s', async (_title, answer, name, expected) => {
    for (const run of [runSync, runAsync]) {
      const { files, calls } = asked(answer);
      await run(syncEntry({ ...file, files }, { path: name }));
      expect(calls).toEqual(expected);
    }
  });

  test('a disk that fails is no reason to ask another way', async () => {
    const EIO = -5;
    const { files, calls } = asked(EIO);
    expect(thrown(() => runSync(syncEntry({ ...file, files }, { path }))).code).toBe('EIO');
    expect((await rejected(runAsync(syncEntry({ ...file, files }, { path })))).code).toBe('EIO');
    expect(calls).toEqual(['open', 'fsync', 'close', 'open', 'fsync', 'close']);
  });
});

native.describe('a clone that fails removes the file that it made, and no other', () => {
  const ROUNDS = 100;

  test('a file that was renamed into its place meanwhile stays', async () => {
    const dir = folder();
    const source = join(dir, 'source');
    const destination = join(dir, 'destination');
    // Not a file that can be cloned there: every clone fails, on all file systems.
    mkdirSync(source);
    let kept = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const cloned = rejected(files.promises.clone(source, destination));
      for (let turn = 0; turn < round % 12; turn++) await setImmediate();
      writeFileSync(join(dir, 'new'), 'precious');
      renameSync(join(dir, 'new'), destination);
      await cloned;
      if (existsSync(destination)) kept++;
      rmSync(destination, { force: true });
    }
    expect(kept).toBe(ROUNDS);
  });

  test('and of a refused one nothing is left', async () => {
    const dir = folder();
    const source = join(dir, 'source');
    mkdirSync(source);
    expect(thrown(() => files.clone(source, join(dir, 'made'))).syscall).toBe('ioctl FICLONE');
    await rejected(files.promises.clone(source, join(dir, 'made')));
    expect(existsSync(join(dir, 'made'))).toBe(false);
    writeFileSync(join(dir, 'there'), 'content');
    expect(thrown(() => files.clone(source, join(dir, 'there'))).syscall).toBe('ioctl FICLONE');
    expect(readFileSync(join(dir, 'there'), 'latin1')).toBe('content');
  });

  test('also of a relative path, when a chdir() comes meanwhile', async () => {
    expectDone(await runChild('clone-and-chdir', [folder()]));
  });
});
