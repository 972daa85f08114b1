import { execFileSync, spawnSync } from 'node:child_process';
import { realpathSync, rmSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';
import { flushRoce, rdmaEnvironment, softRoce } from './rdma-guest.js';

// The guest itself: what the proofs on soft RoCE stand on.

interface Device {
  readonly name: string;
  readonly flushGlobal: boolean;
  readonly flushPersistent: boolean;
  readonly atomicWrite: boolean;
  readonly onDemand: boolean;
  readonly memoryWindows: boolean;
  readonly fork: number;
  readonly ports: readonly { readonly active: boolean; readonly mtu: number; readonly gids: readonly string[] }[];
}

const MiB = 2 ** 20;
const { series, libraries, facts, write } = rdmaEnvironment;

softRoce.describe(`soft RoCE on ${series}, libraries: ${libraries}`, () => {
  let devices: Device[] = [];
  beforeAll(() => {
    devices = JSON.parse(execFileSync(facts, { encoding: 'utf8' })) as Device[];
  });

  test('the kernel is of the series', () => {
    if (series === 'backports') expect(Number.parseInt(release(), 10)).toBeGreaterThanOrEqual(7);
    else expect(release().startsWith(`${series}.`)).toBe(true);
  });

  test('there is one device; its port is active, with the MTU of a page and the GID of 127.0.0.1', () => {
    expect(devices).toHaveLength(1);
    const [{ name, ports }] = devices as [Device];
    expect(name).toBe('rxe0');
    expect(ports).toHaveLength(1);
    expect(ports[0]).toMatchObject({ active: true, mtu: 4096 });
    expect(ports[0]!.gids[1]).toBe('00000000000000000000ffff7f000001');
  });

  test('the device has the operations of its kernel', () => {
    const hasFlush = series !== '6.1';
    expect(devices[0]).toMatchObject({
      flushGlobal: hasFlush,
      flushPersistent: hasFlush,
      atomicWrite: hasFlush,
      onDemand: series === 'backports',
      memoryWindows: true,
    });
  });

  test('fork(2) needs no ibv_fork_init()', () => {
    const UNNEEDED = 2;
    expect(devices[0]).toMatchObject({ fork: UNNEEDED });
  });

  test('libibverbs is the one that was asked for', () => {
    const [, version = ''] = /[.](\d+)[.]\d+$/.exec(realpathSync('/usr/lib/x86_64-linux-gnu/libibverbs.so.1')) ?? [];
    const FIRST_WITH_FLUSH = 45;
    if (libraries === 'newer') expect(Number(version)).toBeGreaterThanOrEqual(FIRST_WITH_FLUSH);
    else expect(Number(version)).toBeGreaterThan(0);
  });

  test.each(['ext4-dax', 'xfs-dax', 'device-dax-4K', 'ext4-raw-pmem', 'tmpfs'])('there is memory of %s', (name) => {
    expect(prepare(placeOf(name))).toMatch(/^\/(?:mnt|dev)\//);
  });

  /** Checks the bytes, too. */
  const inC = (file: string, operation: 'write' | 'persist', size: number) =>
    spawnSync(write, [file, String(MiB), operation, 'alone', `${size}:4:16`], { encoding: 'utf8' });

  test('a program in C writes into the memory of another process, on tmpfs and device-dax', () => {
    const file = join(prepare(placeOf('tmpfs')), 'written-in-c');
    writeFileSync(file, Buffer.alloc(MiB));
    for (const memory of [file, prepare(placeOf('device-dax-4K'))]) {
      expect(inC(memory, 'write', 4096)).toMatchObject({ status: 0, stderr: '' });
    }
    rmSync(file);
  });

  flushRoce.test('a program in C persists by RDMA FLUSH on device-dax, and the kernel refuses that on tmpfs', () => {
    expect(inC(prepare(placeOf('device-dax-4K')), 'persist', 64)).toMatchObject({ status: 0, stderr: '' });
    const file = join(prepare(placeOf('tmpfs')), 'persisted-in-c');
    writeFileSync(file, Buffer.alloc(MiB));
    const { status, stderr } = inC(file, 'persist', 64);
    expect(status).not.toBe(0);
    expect(stderr).toContain('ibv_reg_mr: Invalid argument');
    rmSync(file);
  });
});
