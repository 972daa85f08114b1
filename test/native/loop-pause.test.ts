// persistAsync() is there so that the loop goes on turning meanwhile. How long its longest pause was is printed, and no
// test: that depends on the machine.
import { expect } from '@jest/globals';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { map } from '../../lib/index.js';
import { mountPoint, testOn } from '../support/mounts.js';
import { native } from '../support/backends.js';

const MIB = 2 ** 20;
const LENGTH = 64 * MIB;

const mount = native.missing === undefined ? mountPoint('ext4', 128 * MIB) : { skip: native.missing };

/** Turns the loop until `done`; how often that was, and the longest time between two turns in milliseconds. */
async function turnUntil(done: Promise<unknown>): Promise<{ turns: number; longest: number }> {
  let turns = 0;
  let longest = 0;
  let last = performance.now();
  let ended = false;
  const end = done.finally(() => (ended = true));
  while (!ended) {
    await new Promise((next) => setImmediate(next));
    turns++;
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  await end;
  return { turns, longest };
}

function print(title: string, called: number, { turns, longest }: { turns: number; longest: number }): void {
  process.stderr.write(
    `${title} of 64 MiB: the call ${called.toFixed(1)} ms, then the loop's longest pause ${longest.toFixed(1)} ms in ${turns} turns\n`,
  );
}

/** Starts it, turns the loop meanwhile and prints how that went. How many turns there were. */
async function watched(title: string, start: () => Promise<void>): Promise<number> {
  const before = performance.now();
  const running = start();
  const called = performance.now() - before;
  const seen = await turnUntil(running);
  print(title, called, seen);
  return seen.turns;
}

testOn(mount, 'the loop turns while persistAsync() of 64 MiB runs, and it resolves', async (dir) => {
  const path = join(dir, 'file');
  using mapping = map(path, { create: true, size: LENGTH, populate: true });
  mapping.buffer.fill(0x5a);
  expect(await watched('persistAsync()', () => mapping.persistAsync())).toBeGreaterThan(1);
  // For comparison: the pauses when Node itself writes as much.
  mapping.buffer.fill(0xa5);
  const file = await open(path, 'r+');
  expect(await watched("Node's fdatasync()", () => file.datasync())).toBeGreaterThan(1);
  await file.close();
});
