import { deviceNumber } from '../../../lib/storage/sysfs.js';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Addon } from '../../../lib/backend/native/addon.js';
import { loadAddon } from '../../../lib/backend/native/load.js';
import { constants } from '../../../lib/core/constants.js';
import { deviceAlign, isDeviceDax } from '../../../lib/storage/device-dax.js';
import { errno } from '../../../lib/core/errors.js';
import { fileSystemOf } from '../../../lib/storage/file-systems.js';
import type { Granularity } from '../../../lib/core/granularity.js';
import { probe, probeSync, type Answer } from '../../../lib/probe.js';
import * as decide from '../../../lib/probe/answers.js';
import { locateTarget } from '../../../lib/probe/target-location.js';
import { readLimits } from '../../../lib/probe/system.js';
import type { FileType } from '../../../lib/storage/inode-type.js';
import { persistentRegions, weakestDomain, type PowerFailDomain } from '../../../lib/storage/persistent-memory.js';
import { tryTarget } from '../../../lib/probe/trial.js';
import { native } from '../../support/backends.js';
import { linux } from '../../support/skip.js';

const ext4 = fileSystemOf(0xef53);
const tmpfs = fileSystemOf(0x01021994);
const fuse = fileSystemOf(0x65735546);
const nfs = fileSystemOf(0x6969);
const EAGAIN = -os.constants.errno.EAGAIN;
const ENOTTY = -os.constants.errno.ENOTTY;

const loaded = loadAddon();
const addon = 'addon' in loaded ? loaded.addon : undefined;
// Root may read and write every file.
const asUser = native.andUnless(
  process.getuid?.() !== 0,
  'root is refused no permission',
  'run the tests as another user',
);

let directory: string;

beforeEach(() => {
  directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'mapdirect-probe-test-')));
});

afterEach(() => {
  delete process.env['MAPDIRECT_BACKEND'];
  delete process.env['MAPDIRECT_DIRECT_FLAG'];
  fs.rmSync(directory, { recursive: true, force: true });
});

function thrown(action: () => unknown): NodeJS.ErrnoException {
  try {
    action();
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  throw new Error('nothing was thrown');
}

describe('decisions', () => {
  test('dax: the answer of statx(2), and unknown when the kernel does not report it', () => {
    expect(decide.daxAnswer(true).answer).toBe('yes');
    expect(decide.daxAnswer(false)).toMatchObject({
      answer: 'no',
      remedy: expect.stringContaining('dax=always'),
    });
    expect(decide.daxAnswer(undefined).answer).toBe('unknown');
  });

  test('mapSync: granted is yes, with nothing to explain', () => {
    expect(decide.mapSyncAnswer({ result: 0, shared: undefined, dax: 'unknown', fileSystem: ext4 })).toEqual({
      answer: 'yes',
    });
  });

  test.each([
    ['tmpfs', tmpfs, 'no', /persistent memory/, /fsdax/],
    ['ext4 in the page cache', ext4, 'no', /page cache/, /dax=always/],
    ['ext4 on an old kernel', ext4, 'unknown', /virtio-pmem/, /dax=always/],
    ['virtio-pmem: on DAX and refused', ext4, 'yes', /virtio-pmem/, /NVDIMM/],
    ['virtiofs', fuse, 'yes', /virtiofs/, /dax=always/],
    ['nfs', nfs, 'no', /nfs does not support/, /ext4 or xfs/],
  ] as const)('mapSync: EOPNOTSUPP on %s', (_what, fileSystem, dax, reason, remedy) => {
    const answer = decide.mapSyncAnswer({ result: errno.EOPNOTSUPP, shared: undefined, dax, fileSystem });
    expect(answer).toEqual({
      answer: 'no',
      reason: expect.stringMatching(reason),
      remedy: expect.stringMatching(remedy),
    });
  });

  test('mapSync: EINVAL is an old kernel only where MAP_SHARED works', () => {
    const trial = { result: errno.EINVAL, dax: 'no', fileSystem: ext4 } as const;
    expect(decide.mapSyncAnswer({ ...trial, shared: 0 })).toMatchObject({
      answer: 'no',
      remedy: expect.stringContaining('4.15'),
    });
    expect(decide.mapSyncAnswer({ ...trial, shared: errno.EINVAL })).toMatchObject({ answer: 'unknown' });
  });

  test('mapSync: a failure that is about something else is unknown, and names the errno', () => {
    const answer = (result: number) => decide.mapSyncAnswer({ result, shared: undefined, dax: 'no', fileSystem: ext4 });
    expect(answer(errno.ENODEV)).toMatchObject({ answer: 'no', reason: expect.stringContaining('cannot be mapped') });
    expect(answer(errno.EACCES)).toMatchObject({ answer: 'unknown', reason: expect.stringContaining('reading') });
    expect(answer(errno.ENOMEM)).toMatchObject({ answer: 'unknown', reason: expect.stringContaining('ENOMEM') });
  });

  test('mapDirect: the answer of the kernel, and the reason', () => {
    expect(decide.mapDirectAnswer({ reason: 'Why not.' })).toEqual({ answer: 'no', reason: 'Why not.' });
    expect(decide.mapDirectAnswer({ flag: 0x1000000 })).toMatchObject({
      answer: 'yes',
      reason: expect.stringContaining('MAPDIRECT_DIRECT_FLAG'),
    });
  });

  test('granularity: page without MAP_SYNC; with it, by the power-fail domain of the platform; if forced, the answer says so', () => {
    const granularity = (
      mapSync: Answer['answer'],
      kind: FileType,
      domain: PowerFailDomain,
      forced: Granularity | undefined,
    ) => decide.granularityAnswer({ mapSync, kind, domain, forced });
    expect(granularity('no', 'file', 'cpu-cache', undefined).answer).toBe('page');
    expect(granularity('unknown', 'directory', 'unknown', undefined).answer).toBe('page');
    expect(granularity('yes', 'file', 'unknown', undefined)).toMatchObject({
      answer: 'cache-line',
      reason: expect.any(String),
    });
    expect(granularity('yes', 'file', 'memory-controller', undefined).answer).toBe('cache-line');
    expect(granularity('yes', 'file', 'cpu-cache', undefined)).toEqual({ answer: 'byte' });
    expect(granularity('no', 'file', 'unknown', 'byte')).toMatchObject({
      answer: 'byte',
      reason: expect.stringContaining('FORCE_GRANULARITY'),
    });
    expect(granularity('no', 'device-dax', 'unknown', undefined).answer).toBe('cache-line');
  });

  test('unsafeShutdowns: the sum over all modules, and unknown if one does not count', () => {
    const region = { path: '/sys/region0', domain: undefined };
    const dimm = (unsafeShutdowns: number | undefined, i: number) => ({ name: `nmem${i}`, unsafeShutdowns });
    const answer = (...counts: readonly (number | undefined)[]) =>
      decide.unsafeShutdownsAnswer([region], counts.map(dimm));
    expect(answer(3, 0, 4)).toEqual({ answer: 7 });
    expect(answer(0)).toEqual({ answer: 0 });
    expect(answer(3, undefined)).toMatchObject({ answer: 'unknown', reason: expect.stringContaining(' nmem1:') });
    expect(answer()).toMatchObject({ answer: 'unknown', reason: expect.stringContaining('no memory module') });
    const disk = { path: undefined, domain: undefined };
    for (const regions of [[], [region, disk]]) {
      expect(decide.unsafeShutdownsAnswer(regions, [dimm(3, 0)])).toMatchObject({
        answer: 'unknown',
        reason: expect.stringContaining('persistent memory'),
      });
    }
  });

  test('persistenceDomain: of the file system without DAX, of the weakest region with it', () => {
    const { persistenceDomainAnswer: domain } = decide;
    expect(domain('no', ext4, 'unknown')).toEqual({ answer: 'storage' });
    expect(domain('unknown', tmpfs, 'cpu-cache')).toMatchObject({ answer: 'volatile', reason: expect.any(String) });
    expect(domain('no', nfs, 'unknown').answer).toBe('unknown');
    expect(domain('yes', ext4, 'cpu-cache')).toEqual({ answer: 'cpu-cache' });
    expect(domain('yes', ext4, 'memory-controller')).toEqual({ answer: 'memory-controller' });
    expect(domain('yes', ext4, 'unknown')).toMatchObject({
      answer: 'unknown',
      reason: expect.stringContaining('/sys/bus/nd'),
    });
    const weakest = (...domains: (string | undefined)[]): string =>
      weakestDomain(domains.map((of) => ({ path: '/sys', domain: of })));
    expect(weakest('cpu_cache', 'cpu_cache')).toBe('cpu-cache');
    expect(weakest('cpu_cache', 'memory_controller')).toBe('memory-controller');
    expect(weakest('cpu_cache', undefined)).toBe('unknown');
    expect(weakest()).toBe('unknown');
  });

  test('flush: the instructions by name, the best first', () => {
    expect(decide.flushAnswer(7).answer).toBe('clwb, clflushopt, clflush');
    expect(decide.flushAnswer(3).answer).toBe('clflushopt, clflush');
    expect(decide.flushAnswer(8 | 16 | 32).answer).toBe('dc cvadp, dc cvap, dc cvac');
    expect(decide.flushAnswer(0).answer).toBe('no');
  });

  test('leases and extents', () => {
    expect(decide.leasesAnswer(0)).toEqual({ answer: 'yes' });
    expect(decide.leasesAnswer(errno.EINVAL)).toMatchObject({
      answer: 'no',
      remedy: expect.stringContaining('leases-enable'),
    });
    expect(decide.leasesAnswer(errno.EACCES)).toMatchObject({
      answer: 'no',
      remedy: expect.stringContaining('CAP_LEASE'),
    });
    expect(decide.leasesAnswer(EAGAIN).answer).toBe('no');
    expect(decide.leasesAnswer(errno.ENOMEM)).toMatchObject({
      answer: 'unknown',
      reason: expect.stringContaining('ENOMEM'),
    });
    expect(decide.extentsAnswer(0, 'file')).toEqual({ answer: 'yes' });
    expect(decide.extentsAnswer(errno.EOPNOTSUPP, 'file').answer).toBe('no');
    expect(decide.extentsAnswer(ENOTTY, 'device-dax')).toMatchObject({
      answer: 'no',
      reason: expect.stringContaining('one extent'),
    });
    expect(decide.extentsAnswer(errno.EBADF, 'file').answer).toBe('unknown');
  });

  test('align: the page, the huge page, the unit of the device', () => {
    expect(decide.alignAnswer('file', 4096, undefined)).toEqual({ answer: 4096 });
    expect(decide.alignAnswer('file', 4096, 2 ** 21)).toEqual({ answer: 2 ** 21 });
    expect(decide.alignAnswer('device-dax', 4096, 2 ** 21)).toEqual({ answer: 2 ** 21 });
    expect(decide.alignAnswer('device-dax', 4096, undefined).answer).toBe('unknown');
  });
});

describe('/sys and /proc', () => {
  const device = (259n << 8n) | 1n;

  function place(name: string, content: string): void {
    fs.mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    fs.writeFileSync(path.join(directory, name), content);
  }

  function link(name: string, to: string): void {
    fs.mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    fs.symlinkSync(path.join(directory, to), path.join(directory, name));
  }

  const domainsOf = (of: bigint): (string | undefined)[] =>
    persistentRegions('block', of, directory).map(({ domain }) => domain);

  test('a device number is unpacked as glibc packs it, both halves', () => {
    expect(deviceNumber(device)).toBe('259:1');
    expect(deviceNumber(((0x12345n & 0xfffn) << 8n) | 0x67n | (0x12000n << 32n) | (0xab00n << 12n))).toBe(
      `${0x12345}:${0xab67}`,
    );
  });

  test('the region is the one in the path of the device, not a neighbour', () => {
    place('devices/ndbus0/region0/persistence_domain', 'memory_controller\n');
    place('devices/ndbus0/region1/persistence_domain', 'cpu_cache\n');
    place('devices/ndbus0/region1/namespace1.0/block/pmem1/size', '1\n');
    link('dev/block/259:1', 'devices/ndbus0/region1/namespace1.0/block/pmem1');
    expect(domainsOf(device)).toEqual(['cpu_cache']);
  });

  test('a device mapper has the regions of its parts; a part without one does not say', () => {
    place('devices/ndbus0/region0/persistence_domain', 'memory_controller\n');
    place('devices/ndbus0/region0/namespace0.0/block/pmem0/size', '1\n');
    place('devices/pci/block/vda/size', '1\n');
    link('devices/virtual/block/dm-0/slaves/pmem0', 'devices/ndbus0/region0/namespace0.0/block/pmem0');
    link('devices/virtual/block/dm-0/slaves/vda', 'devices/pci/block/vda');
    link('dev/block/259:1', 'devices/virtual/block/dm-0');
    expect(domainsOf(device)).toEqual(['memory_controller', undefined]);
  });

  test('a region that does not say, a disk, and no device at all', () => {
    place('devices/ndbus0/region0/namespace0.0/block/pmem0/size', '1\n');
    link('dev/block/259:1', 'devices/ndbus0/region0/namespace0.0/block/pmem0');
    expect(domainsOf(device)).toEqual([undefined]);
    expect(domainsOf(device + 1n)).toEqual([]);
  });

  test('device-dax: by its subsystem; align of the device, or of its parent on older kernels', () => {
    place('devices/region0/dax0.0/align', '2097152\n');
    place('bus/dax/uevent', '');
    link('devices/region0/dax0.0/subsystem', 'bus/dax');
    link('dev/char/259:1', 'devices/region0/dax0.0');
    place('devices/old/device/align', '4096\n');
    link('dev/char/259:2', 'devices/old');
    expect(isDeviceDax(device, directory)).toBe(true);
    expect(deviceAlign(device, directory)).toBe(2 ** 21);
    expect(isDeviceDax(device + 1n, directory)).toBe(false);
    expect(deviceAlign(device + 1n, directory)).toBe(4096);
    expect(deviceAlign(device + 2n, directory)).toBeUndefined();
  });

  test('limits: each by itself, undefined when it cannot be read', () => {
    place('sys/vm/max_map_count', '65530\n');
    place('sys/vm/overcommit_memory', '2\n');
    const limits = readLimits(
      { resourceLimit: (resource) => ({ 2: 4096, 7: 1024, 8: -1, 9: errno.EINVAL })[resource] ?? 0 },
      directory,
    );
    expect(limits).toMatchObject({
      maxMapCount: 65530,
      overcommit: 'strict',
      openFiles: 1024,
      lockedMemory: 'unlimited',
      privateMemory: 4096,
      window: 2 ** 30,
    });
    expect(limits.addressSpace).toBeUndefined();
    const none = readLimits(undefined, path.join(directory, 'none'));
    expect(none).toMatchObject({ maxBuffer: expect.any(Number) });
    expect(none.maxMapCount ?? none.overcommit ?? none.openFiles).toBeUndefined();
  });
});

describe('locate', () => {
  test('a file, through a symbolic link: the true path, and its own directory', () => {
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, 'x');
    fs.mkdirSync(path.join(directory, 'far'));
    fs.symlinkSync('../file', path.join(directory, 'far', 'link'));
    expect(locateTarget({ path: path.join(directory, 'far', 'link') })).toMatchObject({
      kind: 'file',
      path: file,
      directory,
    });
  });

  test('a path that does not exist, directly or through a symbolic link', () => {
    const missing = path.join(directory, 'missing');
    expect(locateTarget({ path: missing })).toMatchObject({
      kind: 'directory',
      path: missing,
      directory,
      missing: true,
    });
    fs.mkdirSync(path.join(directory, 'far'));
    fs.symlinkSync('../missing', path.join(directory, 'far', 'link'));
    expect(locateTarget({ path: path.join(directory, 'far', 'link') })).toMatchObject({
      path: missing,
      directory,
      missing: true,
    });
  });

  test('a missing directory is ENOENT, a file in place of it ENOTDIR, a circle of links ELOOP', () => {
    fs.writeFileSync(path.join(directory, 'file'), '');
    fs.symlinkSync('circle', path.join(directory, 'circle'));
    expect(thrown(() => locateTarget({ path: path.join(directory, 'a', 'b') }))).toMatchObject({
      code: 'ENOENT',
      errno: errno.ENOENT,
    });
    expect(thrown(() => locateTarget({ path: path.join(directory, 'file', 'b') })).code).toBe('ENOTDIR');
    expect(thrown(() => locateTarget({ path: path.join(directory, 'circle') })).code).toBe('ELOOP');
  });

  test('a descriptor that is closed or never was one is EBADF', () => {
    expect(thrown(() => locateTarget({ fd: -1 }))).toMatchObject({
      code: 'EBADF',
      syscall: 'fstat',
      errno: errno.EBADF,
    });
    expect(thrown(() => locateTarget({ fd: 1_000_000 }))).toMatchObject({ code: 'EBADF', syscall: 'fstat' });
  });

  linux.test('a descriptor of an unlinked file has no path, even if another file took its name', () => {
    const file = path.join(directory, 'file');
    const fd = fs.openSync(file, 'w+');
    try {
      expect(locateTarget({ fd })).toMatchObject({ path: file, directory });
      fs.unlinkSync(file);
      fs.writeFileSync(file, 'another');
      expect(locateTarget({ fd }).path).toBeUndefined();
    } finally {
      fs.closeSync(fd);
    }
  });

  linux.test('a pipe or a device is not opened by its path', () => {
    expect(thrown(() => locateTarget({ path: '/dev/null' }))).toMatchObject({ code: 'ENODEV', path: '/dev/null' });
    execFileSync('mkfifo', [path.join(directory, 'fifo')]);
    expect(thrown(() => locateTarget({ path: path.join(directory, 'fifo') })).code).toBe('ENODEV');
  });
});

describe('probe', () => {
  const keys = [
    'path',
    'fileSystem',
    'dax',
    'mapSync',
    'mapDirect',
    'granularity',
    'persistenceDomain',
    'unsafeShutdowns',
    'flush',
    'leases',
    'extents',
    'align',
    'pageSize',
    'limits',
    'rdmaDevices',
    'registration',
  ];

  /** Everything that a look at the file could have changed. */
  function fingerprint(name: string): unknown {
    const { atimeNs, mtimeNs, ctimeNs, size, blocks, ino, nlink } = fs.statSync(name, { bigint: true });
    return { atimeNs, mtimeNs, ctimeNs, size, blocks, ino, nlink };
  }

  function openDescriptors(): number {
    return fs.readdirSync('/proc/self/fd').length;
  }

  test('answers everything, with a reason wherever the answer is not plainly good', () => {
    const result = probeSync(directory);
    expect(Object.keys(result)).toEqual(keys);
    expect(Object.isFrozen(result)).toBe(true);
    for (const { answer, reason } of Object.values(result)) {
      if (answer === 'no' || answer === 'unknown') expect(reason).toMatch(/\.$/);
    }
    expect(result.pageSize.answer).toBe(constants.PAGE_SIZE);
    expect(result.mapDirect.answer).toBe('no');
  });

  test('a wrong target throws, and rejects, as everywhere', async () => {
    const wrong = {} as unknown as number;
    expect(thrown(() => probeSync(wrong)).code).toBe('ERR_INVALID_ARG_TYPE');
    await expect(probe(wrong)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    await expect(probe('')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  });

  test('probe resolves with the result of probeSync, for every kind of target', async () => {
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, 'x');
    const expected = probeSync(file);
    const handle = await fs.promises.open(file);
    try {
      expect(await probe(file)).toEqual(expected);
      expect(await probe(new URL(`file://${file}`))).toEqual(expected);
      expect(await probe(handle)).toEqual(expected);
      expect(await probe(handle.fd)).toEqual(expected);
    } finally {
      await handle.close();
    }
    await expect(probe(handle)).rejects.toMatchObject({ code: 'EBADF' });
  });

  linux.test('leaves the file as it was, its directory too, and no descriptor behind', () => {
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, 'watermark');
    fs.utimesSync(file, 1, 2); // An access time older than the last change: relatime would move it.
    const fd = fs.openSync(file, 'r');
    try {
      const before = [fingerprint(file), fingerprint(directory), openDescriptors()];
      probeSync(file);
      probeSync(fd);
      probeSync(directory);
      probeSync(path.join(directory, 'missing'));
      expect([fingerprint(file), fingerprint(directory), openDescriptors()]).toEqual(before);
      expect(fs.readdirSync(directory)).toEqual(['file']);
      expect(fs.readFileSync(fd, 'utf8')).toBe('watermark');
    } finally {
      fs.closeSync(fd);
    }
  });

  linux.test('a directory and a missing file: the reason names the file that was asked', () => {
    expect(probeSync(directory).path).toMatchObject({
      answer: directory,
      reason: expect.stringContaining('directory'),
    });
    const missing = path.join(directory, 'missing');
    expect(probeSync(missing).path).toMatchObject({
      answer: missing,
      reason: expect.stringContaining('does not exist'),
    });
    expect(fs.existsSync(missing)).toBe(false);
  });

  native.test('tmpfs: volatile, no MAP_SYNC, no FIEMAP', () => {
    const result = probeSync('/dev/shm');
    expect(result).toMatchObject({
      fileSystem: { answer: 'tmpfs' },
      mapSync: { answer: 'no' },
      granularity: { answer: 'page' },
      persistenceDomain: { answer: 'volatile' },
      leases: { answer: 'yes' },
      extents: { answer: 'no' },
      align: { answer: constants.PAGE_SIZE },
    });
  });

  native.test('a file that is empty answers as any other', () => {
    const file = path.join(directory, 'empty');
    fs.writeFileSync(file, '');
    expect(['yes', 'no']).toContain(probeSync(file).mapSync.answer);
    expect(['yes', 'no']).toContain(probeSync(file).leases.answer);
  });

  native.test('a file that is open elsewhere gets the same answer on leases: its own are not tried', () => {
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, 'x');
    const other = fs.openSync(file, 'r+');
    try {
      expect(probeSync(file).leases).toEqual(probeSync(directory).leases);
    } finally {
      fs.closeSync(other);
    }
  });

  native.test(
    'descriptors: write-only is unknown, a directory answers by a scratch file, a pipe cannot be mapped',
    () => {
      const file = path.join(directory, 'file');
      const writing = fs.openSync(file, 'w');
      const folder = fs.openSync(directory, 'r');
      try {
        const result = probeSync(writing);
        expect(['no', 'unknown']).toContain(result.mapSync.answer); // EOPNOTSUPP or EACCES: the file system's order.
        expect(result.path.answer).toBe(file);
        expect(probeSync(folder)).toEqual(probeSync(directory));
      } finally {
        fs.closeSync(writing);
        fs.closeSync(folder);
      }
      const out = execFileSync(
        process.execPath,
        [
          '-e',
          `console.log(JSON.stringify(require(${JSON.stringify(require.resolve('../../../lib/probe.js'))}).probeSync(1)))`,
        ],
        { encoding: 'utf8' },
      );
      expect(JSON.parse(out)).toMatchObject({
        path: { answer: 'unknown' },
        mapSync: { answer: 'no' },
        leases: { answer: 'unknown' },
      });
    },
  );

  native.test('a memory file without a name', () => {
    const fd = addon!.memoryFile('probe');
    try {
      expect(probeSync(fd)).toMatchObject({
        path: { answer: 'unknown' },
        persistenceDomain: { answer: 'volatile' },
        leases: { answer: 'unknown' },
      });
    } finally {
      addon!.closeDescriptor(fd);
    }
  });

  native.test('without O_TMPFILE the scratch file has a name, and is unlinked at once', () => {
    const opened: string[] = [];
    const without: Addon = {
      ...addon!,
      open(name, flags, mode) {
        if ((flags & 0o20000000) !== 0) return errno.EOPNOTSUPP;
        const fd = addon!.open(name, flags, mode);
        opened.push(name);
        expect(fs.existsSync(name)).toBe(true);
        return fd;
      },
    };
    const before = openDescriptors();
    const tried = tryTarget(without, locateTarget({ path: directory }), constants.PAGE_SIZE);
    expect(opened).toEqual([expect.stringContaining('.mapdirect-probe-')]);
    expect(tried.file).toMatchObject({ fileSystem: fs.statfsSync(directory).type });
    expect(fs.readdirSync(directory)).toEqual([]);
    expect(openDescriptors()).toBe(before);
  });

  native.test('where no file can be made, the answers that need one are unknown and the rest is answered', () => {
    const result = probeSync('/proc');
    expect(result).toMatchObject({
      fileSystem: { answer: 'proc' },
      mapSync: { answer: 'unknown', reason: expect.stringContaining('scratch'), remedy: expect.any(String) },
      leases: { answer: 'unknown' },
      persistenceDomain: { answer: 'volatile' },
    });
    expect(typeof result.limits.answer === 'object' && result.limits.answer.openFiles).toBeTruthy();
  });

  native.test('descriptors are closed when a trial throws', () => {
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, 'x');
    const broken: Addon = {
      ...addon!,
      tryExtents: () => {
        throw new Error('broken');
      },
    };
    const before = openDescriptors();
    expect(() => tryTarget(broken, locateTarget({ path: file }), constants.PAGE_SIZE)).toThrow('broken');
    expect(() => tryTarget(broken, locateTarget({ path: directory }), constants.PAGE_SIZE)).toThrow('broken');
    expect(openDescriptors()).toBe(before);
  });

  native.test('a lease of another process: EAGAIN at once, never a wait', () => {
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, 'x');
    const leased: Addon = { ...addon!, open: () => EAGAIN };
    expect(thrown(() => tryTarget(leased, locateTarget({ path: file }), constants.PAGE_SIZE))).toMatchObject({
      code: 'EAGAIN',
      syscall: 'open',
      path: file,
      message: expect.stringContaining('lease'),
    });
  });

  asUser.test('a file that cannot be read is EACCES', () => {
    const file = path.join(directory, 'file');
    fs.writeFileSync(file, 'x', { mode: 0o200 });
    expect(thrown(() => probeSync(file))).toMatchObject({ code: 'EACCES', syscall: 'open', path: file });
  });

  test('without the addon: the file system and the limits, the rest unknown with the remedy', () => {
    process.env['MAPDIRECT_BACKEND'] = 'emulated';
    const result = probeSync(directory);
    expect(Object.keys(result)).toEqual(keys);
    for (const key of ['dax', 'mapSync', 'flush', 'leases', 'extents', 'registration'] as const) {
      expect(result[key]).toMatchObject({ answer: 'unknown', reason: expect.any(String), remedy: expect.any(String) });
    }
    expect(result.granularity.answer).toBe('page');
    expect(result.limits.answer).toMatchObject({ window: 2 ** 30 });
  });

  test('a wrong MAPDIRECT_BACKEND is an error, as it is of map()', () => {
    process.env['MAPDIRECT_BACKEND'] = 'fast';
    expect(thrown(() => probeSync(directory))).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringContaining('MAPDIRECT_BACKEND'),
    });
  });

  linux.test('without the addon: descriptors too', () => {
    process.env['MAPDIRECT_BACKEND'] = 'emulated';
    const fd = fs.openSync('/dev/shm', 'r');
    try {
      expect(probeSync(fd)).toMatchObject({
        fileSystem: { answer: 'tmpfs' },
        persistenceDomain: { answer: 'volatile' },
      });
    } finally {
      fs.closeSync(fd);
    }
  });

  test('MAPDIRECT_DIRECT_FLAG is not believed before it was tried: the reason says so', () => {
    expect(probeSync(directory).mapDirect).toMatchObject({
      answer: 'no',
      reason: expect.stringContaining('No released kernel'),
    });
    process.env['MAPDIRECT_DIRECT_FLAG'] = '0x2000000';
    expect(probeSync(directory).mapDirect).toMatchObject({
      answer: 'no',
      reason: expect.stringContaining('MAPDIRECT_DIRECT_FLAG=0x2000000'),
    });
    process.env['MAPDIRECT_DIRECT_FLAG'] = '3';
    expect(thrown(() => probeSync(directory)).code).toBe('ERR_INVALID_ARG_VALUE');
  });
});
