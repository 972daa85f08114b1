// The device fails under the page cache: a loop device over a file on a tmpfs that is full.
import { expect, jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Addon } from '../../lib/backend/native/addon.js';
import { loadAddon } from '../../lib/backend/native/load.js';
import { selectBackend } from '../../lib/backend/select.js';
import { BackingFile } from '../../lib/file/backing-file.js';
import { runSync } from '../../lib/core/sync-or-async.js';
import { constants } from '../../lib/core/constants.js';
import { errno } from '../../lib/core/errors.js';
import { identity } from '../../lib/storage/inode-id.js';
import { map, mapAsync } from '../../lib/index.js';
import { rejected, thrown } from '../support/errors.js';
import { mountable, mountPoint } from '../support/mounts.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';

const MiB = 2 ** 20;
const ROOM = 24 * MiB;
const LENGTH = 8 * MiB;
const { PAGE_SIZE } = constants;
const scratch = new Scratch();

// The trial mounts a tmpfs; an ext4 inside of it is mounted by the test itself.
const backing = mountPoint('tmpfs', ROOM);
const ext4 = mountPoint('ext4', 2 * MiB);
const needs = native.and(mountable(backing)).and(mountable(ext4));

function run(...[program = '', ...args]: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

/** An ext4 on a device without room for its writes; `use` gets its directory. */
async function onFailingDevice(directory: string, use: (mounted: string) => Promise<void>): Promise<void> {
  const image = path.join(directory, 'image');
  const mounted = path.join(directory, 'mounted');
  fs.mkdirSync(mounted);
  fs.writeFileSync(image, '');
  fs.truncateSync(image, 64 * MiB);
  run('mkfs.ext4', '-q', '-F', '-E', 'nodiscard', '-O', '^has_journal', image); // the journal would fail by itself
  run('mount', '-o', 'loop,errors=continue', image, mounted);
  try {
    await use(mounted);
  } finally {
    run('umount', mounted);
    fs.rmdirSync(mounted);
  }
}

function fillUp(name: string): void {
  const filler = fs.openSync(name, 'w');
  try {
    for (;;) fs.writeSync(filler, Buffer.alloc(MiB, 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    fs.closeSync(filler);
  }
}

/** A file with allocated blocks, on a device without room for them. */
async function withFailingFile(use: (file: string) => Promise<void>): Promise<void> {
  if ('skip' in backing) throw new Error(backing.skip);
  const filler = path.join(backing.dir, 'filler');
  await onFailingDevice(backing.dir, async (mounted) => {
    const file = path.join(mounted, 'file');
    map(file, { create: true, size: LENGTH }).close();
    fillUp(filler);
    try {
      await use(file);
    } finally {
      fs.rmSync(filler);
    }
  });
}

function addon(): Addon {
  const loaded = loadAddon();
  if ('reason' in loaded) throw new Error(loaded.reason);
  return loaded.addon;
}

const tests: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'a failed write-back is told to every mapping of the file, once each, and both stay usable': async (file) => {
    using one = map(file);
    using two = map(file);
    using three = map(file);
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
  },
  'a resize() that moves does not forget it': async (file) => {
    using one = map(file);
    using two = map(file, { length: LENGTH / 2 });
    one.buffer.fill(3);
    const { code } = thrown(() => one.persist());
    two.resize(LENGTH);
    expect(thrown(() => two.persist(0, 1))).toMatchObject({ code, syscall: 'msync' });
    expect(() => two.persist(0, 1)).not.toThrow();
  },
  'one that mapAsync({ size }) was told of is told to the mappings that were there': async (file) => {
    using mapping = map(file);
    mapping.buffer.fill(2);
    const failed = await rejected(mapAsync(file, { size: LENGTH }));
    expect(failed).toMatchObject({ syscall: 'fsync', path: file });
    const told = thrown(() => mapping.persist(0, 1));
    expect(told).toMatchObject({ code: failed.code, syscall: 'msync' });
    expect(told.message).toContain('another flush was told of it');
    expect(() => mapping.persist(0, 1)).not.toThrow();
  },
  'the emulation syncs the bytes that a resize() has written, shrinking and growing': async (file) => {
    for (const [from, to] of [
      [LENGTH, LENGTH / 2],
      [LENGTH / 2, LENGTH],
    ] as const) {
      using mapping = map(file, { backend: 'emulated', length: from });
      mapping.buffer.fill(from % 251);
      mapping.resize(to);
      expect(thrown(() => mapping.persist())).toMatchObject({ syscall: 'fdatasync', path: file });
    }
  },
  'one that preparing a seal was told of is told to the mappings': async (file) => {
    using mapping = map(file);
    mapping.buffer.fill(3);
    const { files } = selectBackend('native');
    const { dev, ino } = fs.statSync(file, { bigint: true });
    const backing = BackingFile.known(files, fs.constants.O_RDWR, { dev: identity(dev), ino: identity(ino) });
    if (backing === undefined) throw new Error('the mapping has no file');
    try {
      const failed = thrown(() => runSync(backing.writeBack(0, LENGTH, 'finish', file)));
      expect(thrown(() => mapping.persist(0, 1))).toMatchObject({ code: failed.code, syscall: 'msync' });
      expect(() => mapping.persist(0, 1)).not.toThrow();
    } finally {
      backing.release();
    }
  },
  'a call that could not be made does not pass for it': async (file) => {
    using one = map(file);
    using two = map(file);
    one.buffer.fill(4);
    const { code } = thrown(() => one.persist());
    const call = jest.spyOn(addon(), 'sync').mockReturnValueOnce(errno.ENOMEM); // which only a mapping that is not there gives
    expect(thrown(() => two.persist(0, 1)).code).toBe('ENOMEM');
    call.mockRestore();
    expect(thrown(() => two.persist(0, 1)).code).toBe(code);
  },
};

for (const [name, body] of Object.entries(tests)) {
  needs.test(name, () => withFailingFile(body));
}

native.test(
  'a failure that persist() is told of is told to a persistAsync() of the mapping that runs, too',
  async () => {
    using mapping = map(scratch.file(2 * PAGE_SIZE));
    let end: (result: number) => void = () => undefined;
    const later = new Promise<number>((resolve) => (end = resolve));
    const calls = [
      jest.spyOn(addon(), 'syncAsync').mockReturnValueOnce(later),
      jest.spyOn(addon(), 'sync').mockReturnValueOnce(-os.constants.errno.EIO),
    ];
    const flushed = rejected(mapping.persistAsync(0, 1));
    expect(thrown(() => mapping.persist(PAGE_SIZE, 1)).code).toBe('EIO');
    end(0); // the kernel has told the one open file already
    expect(await flushed).toMatchObject({ code: 'EIO', syscall: 'msync' });
    for (const call of calls) call.mockRestore();
    await mapping.persistAsync();
  },
);
