import { tmpdir } from 'node:os';
import { accessSync, constants as fsConstants, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { runChild, type ChildOptions } from '../../support/run-child.js';

/** The way of storing and flushing that the child any-path must find. */
export interface Expected {
  /** `durability.method`. */
  readonly method: string;
  /** Bytes of a non-temporal store that the child is to use; by default the widest. */
  readonly width?: number;
  /** Bytes of a non-temporal store that the CPU does not have. */
  readonly noWidth?: number;
  /** Copies of 24 MiB and more as well. */
  readonly large?: boolean;
}

/**
 * Memory that stands in for persistent memory, where there is some: msync(2) on a disk takes long and proves nothing
 * here.
 */
function folder(): string {
  try {
    accessSync('/dev/shm', fsConstants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

let home: string | undefined;
afterAll(() => {
  if (home !== undefined) rmSync(home, { recursive: true, force: true });
});
let count = 0;

export const newSeed = Date.now() % 2 ** 31;
/** The same numbers at every run, and new ones. */
export const bothSeeds: readonly (readonly [title: string, seed: number])[] = [
  ['seed 1', 1],
  ['a new seed', newSeed],
];

/** Random stores over one path in a child. A failure prints the seed. */
export async function expectRightBytes(
  seed: number,
  rounds: number,
  expected: Expected,
  options: ChildOptions,
): Promise<void> {
  home ??= mkdtempSync(join(folder(), 'mapdirect-any-path-'));
  const path = join(home, String(count++));
  const outcome = await runChild('any-path', [path, String(seed), String(rounds), JSON.stringify(expected)], options);
  expect({ seed, ...outcome }).toEqual({ seed, code: 0, signal: null, stdout: 'done\n', stderr: '' });
}
