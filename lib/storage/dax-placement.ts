import { realpathSync } from 'node:fs';
import type { Identity } from './inode-id.js';
import { attempt, deviceNumber, readNumber } from './sysfs.js';

/** Where the bytes of a block device of persistent memory lie. Sizes are in bytes. */
export interface DaxPlacement {
  /** The alignment of its namespace; undefined: it is no namespace in fsdax mode. */
  readonly align: number | undefined;
  /** The first byte of the partition on its disk; 0 for a whole disk. */
  readonly start: number;
}

const SECTOR = 512; // the unit of /sys/.../start, on any disk

/** Reads it from /sys; `sys` is for tests. */
export function daxPlacement(device: Identity, sys = '/sys'): DaxPlacement {
  const path = attempt(() => realpathSync(`${sys}/dev/block/${deviceNumber(BigInt(device))}`)) ?? '';
  const namespace = /^(.*)\/block\//.exec(path)?.[1];
  return {
    align: namespace === undefined ? undefined : readNumber(`${namespace}/align`),
    start: (readNumber(`${path}/start`) ?? 0) * SECTOR,
  };
}

/** A run of bytes of a file, and its place on its partition. */
export interface PlacedBytes {
  readonly offset: number;
  readonly physical: number;
  readonly length: number;
}

/**
 * The number of bytes that one entry of the page tables for `unit` bytes can map: whole units of the file whose bytes
 * lie together and begin at a whole unit of the device.
 *
 * @param runs - of the file, in order. @param start - of the partition.
 */
export function bytesInWholeUnits(runs: Iterable<PlacedBytes>, unit: number, start: number): number {
  let found = 0;
  for (const { offset, physical, length } of runs) {
    if ((physical + start - offset) % unit !== 0) continue;
    const from = Math.ceil(offset / unit) * unit;
    const to = Math.floor((offset + length) / unit) * unit;
    found += Math.max(0, to - from);
  }
  return found;
}
