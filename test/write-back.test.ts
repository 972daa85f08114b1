// What happens when the device fails under the page cache: a loop device over a file on a tmpfs that is full.
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { map } from '../lib/index.js';
import { nativeIsHere } from './support/backends.js';
import { rejected, thrown } from './support/errors.js';
import { mountPoint } from './support/mounts.js';

const MiB = 2 ** 20;
const ROOM = 24 * MiB;
const LENGTH = 8 * MiB;

// The trial mounts a tmpfs; an ext4 inside of it is mounted by the test itself.
const backing = mountPoint('tmpfs', ROOM);
const ext4 = mountPoint('ext4', 2 * MiB);
const missing = 'skip' in backing ? backing.skip : 'skip' in ext4 ? ext4.skip : nativeIsHere() ? undefined : 'the addon is not built: npm run build:native';

function run(...[program = '', ...args]: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

/** An ext4 whose device has no room for what is written to it; `use` gets its directory. */
async function onFailingDevice(directory: string, use: (mounted: string) => Promise<void>): Promise<void> {
  const image = path.join(directory, 'image');
  const mounted = path.join(directory, 'mounted');
  fs.mkdirSync(mounted);
  fs.writeFileSync(image, '');
  fs.truncateSync(image, 64 * MiB);
  run('mkfs.ext4', '-q', '-F', '-E', 'nodiscard', image);
  run('mount', '-o', 'loop,errors=continue', image, mounted);
  try {
    await use(mounted);
  } finally {
    run('umount', '--lazy', mounted);
  }
}

function fillUp(directory: string): void {
  const filler = fs.openSync(path.join(directory, 'filler'), 'w');
  try {
    for (;;) fs.writeSync(filler, Buffer.alloc(MiB, 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    fs.closeSync(filler);
  }
}

const name = 'a failed write-back is told to every mapping of the file, once each, and both stay usable';
if (missing !== undefined || 'skip' in backing) test.skip(`${name} [${missing}]`, () => undefined);
else {
  test(name, async () => {
    await onFailingDevice(backing.dir, async (mounted) => {
      const file = path.join(mounted, 'file');
      using one = map(file, { create: true, size: LENGTH });
      using two = map(file);
      using three = map(file);
      fillUp(backing.dir);
      one.buffer.fill(1);
      const failed = thrown(() => one.persist());
      expect(failed).toMatchObject({ syscall: 'msync', path: file });
      expect(['EIO', 'ENOSPC']).toContain(failed.code); // older loop devices, newer ones
      const alike = { code: failed.code, syscall: 'msync' };
      expect(failed.message).toMatch(/a retry that succeeds proves nothing/i);
      expect(thrown(() => two.persist(0, 1))).toMatchObject(alike);
      expect(await rejected(three.persistAsync(0, 1))).toMatchObject(alike);
      for (const mapping of [one, two, three]) {
        expect(mapping.buffer[LENGTH - 1]).toBe(1);
        expect(() => mapping.persist(0, 1)).not.toThrow(); // which proves nothing
      }
      fs.rmSync(path.join(backing.dir, 'filler'));
    });
  });
}
