// The tools of the tests of leases and watches: the raw addon, its events, and strangers.
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { join } from 'node:path';
import type { Addon } from '../../../lib/backend/native/addon.js';
import { loadAddon } from '../../../lib/backend/native/load.js';
import { leaseGrace } from '../../../lib/seals/lease-break-time.js';
import { eventually } from './inspect.js';
import type { Action, Done } from './stranger.js';
import { CHILDREN } from '../../support/paths.js';

export const BREAK = 1;
export const GONE = 2;
export const HINT = 3;
export const WHOLE = 4;
export const EAGAIN = -11;
export const ENOENT = -2;

export interface Heard {
  readonly kind: number;
  readonly id: number;
  readonly detail: number;
  /** CLOCK_MONOTONIC, milliseconds. */
  readonly at: number;
}

function load(): Addon {
  const loaded = loadAddon();
  if ('reason' in loaded) throw new Error(loaded.reason);
  return loaded.addon;
}

export const addon = load();
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** The events of this thread's listener, in order. */
export const heard: Heard[] = [];

export function listen(): void {
  assert.equal(
    addon.onNotices((kind, id, detail) => heard.push({ kind, id, detail, at: now() })),
    0,
  );
}

/** The first notice of that kind and id, without a limit of time. */
export async function hears(kind: number, id: number): Promise<Heard> {
  const find = (): Heard | undefined => heard.find((notice) => notice.kind === kind && notice.id === id);
  await eventually(`notice ${kind} of ${id}`, () => find() !== undefined);
  return find() as Heard;
}

export interface Inode {
  readonly dev: number;
  readonly ino: number;
}

export function open(path: string, flags = constants.O_RDWR): number {
  const fd = addon.open(path, flags | constants.O_NONBLOCK, 0);
  assert.ok(fd >= 0, `open: ${fd}`);
  return fd;
}

export function inode(fd: number): Inode {
  assert.equal(addon.stat(fd), 0);
  const registers = new Float64Array(addon.registers);
  return { dev: registers[3] ?? 0, ino: registers[4] ?? 0 };
}

/** A lease on the descriptor that ends after `deadline` ms, or before the kernel takes it: its id. */
export function lease(fd: number, deadline: number): number {
  const { dev, ino } = inode(fd);
  const id = addon.lease(fd, dev, ino, leaseGrace(deadline));
  assert.ok(id > 0, `lease: ${id}`);
  assert.equal(addon.leaseHeld(id), 1);
  return id;
}

/** A window on all of a shared mapping of the file, and its slot. */
export function mapped(fd: number, length: number): { slot: number; window: Buffer } {
  const { PROT_READ = 0, PROT_WRITE = 0, MAP_SHARED = 0 } = addon.constants();
  const slot = addon.map(fd, 0, length, PROT_READ | PROT_WRITE, MAP_SHARED, 0, 0);
  const window = addon.window(slot, 0, length);
  assert.ok(typeof window !== 'number');
  return { slot, window: Buffer.from(window) };
}

/** Another process. It carries out one action at a time. */
export class Stranger {
  private readonly child: ChildProcess = fork(join(CHILDREN, 'stranger.js'), { execArgv: [] });
  private busy = false;

  /** Its action has not ended. */
  get isBusy(): boolean {
    return this.busy;
  }

  async does(action: Action['action'], path: string): Promise<Done> {
    this.busy = true;
    const answered = once(this.child, 'message') as Promise<[Done]>;
    this.child.send({ action, path } satisfies Action);
    const [done] = await answered;
    this.busy = false;
    return done;
  }

  async ends(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
