import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import assert from 'node:assert/strict';
import { constants, type Mapping } from '../../../lib/index.js';
import type { Region } from '../../../lib/backend/region.js';

/** Ways to damage the memory of the guest. */

const SECTOR = 512;
const INJECT = '/sys/kernel/debug/mce-inject';

function text(file: string): string {
  return fs.readFileSync(file, 'latin1').trim();
}

/** "pmem1": the block device under a directory. */
export function diskUnder(directory: string): string {
  const line = text('/proc/self/mounts')
    .split('\n')
    .find((mount) => mount.split(' ')[1] === directory);
  return path.basename(line?.split(' ')[0] ?? '');
}

/** The place of a byte of a file on its device, as filefrag(8) reports it. */
export function placeOnDisk(file: string, offset: number): number {
  const BLOCK = 4096;
  const block = Math.floor(offset / BLOCK);
  for (const line of execFileSync('filefrag', ['-v', `-b${BLOCK}`, file], { encoding: 'latin1' }).split('\n')) {
    const [, first, last, physical] = /^\s*\d+:\s*(\d+)\.\.\s*(\d+):\s*(\d+)\.\./.exec(line) ?? [];
    if (first === undefined || Number(first) > block || Number(last) < block) continue;
    return (Number(physical) + block - Number(first)) * BLOCK + (offset % BLOCK);
  }
  throw new Error(`filefrag shows no block of ${file} at ${offset}`);
}

function isInList(list: string, sector: number): boolean {
  return text(list)
    .split('\n')
    .some((line) => {
      const [first = NaN, count = 0] = line.split(' ').map(Number);
      return sector >= first && sector < first + count;
    });
}

/** Enters a sector in the list of a disk, as root may. */
export function declareBad(disk: string, byte: number): void {
  fs.writeFileSync(`/sys/block/${disk}/badblocks`, `${byte / SECTOR} 1`);
}

/**
 * The machine check that the CPU raises when it cannot read that byte of memory. The driver of the NVDIMMs then enters
 * the page in the list of the region, which `list` names, as sector `sector`.
 */
export async function machineCheck(address: number, list: string, sector: number): Promise<void> {
  if (!fs.existsSync(INJECT)) execFileSync('mount', ['-t', 'debugfs', 'debugfs', '/sys/kernel/debug']);
  // A memory error of bank 4 that was not corrected, with address, on an AMD CPU: QEMU's `max` is one.
  const fields = {
    flags: 'sw',
    cpu: '0',
    addr: `0x${address.toString(16)}`,
    misc: '0x8c',
    status: '0xbd80000000080134',
  };
  for (const [name, value] of Object.entries(fields)) fs.writeFileSync(`${INJECT}/${name}`, `${value}\n`);
  fs.writeFileSync(`${INJECT}/bank`, '4\n'); // this injects
  const late = Date.now() + 60_000;
  while (!isInList(list, sector)) {
    assert.ok(Date.now() < late, `the machine check at ${address} has not reached ${list}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The first byte of a device under /sys in physical memory. */
export function addressOf(device: string): number {
  return Number(text(`${device}/resource`));
}

/** The region of persistent memory above a device under /sys. */
export function regionOf(device: string): string {
  return /^.*\/region\d+(?=\/)/.exec(fs.realpathSync(device))?.[0] ?? '';
}

const MADV_HWPOISON = 100;

/** The page of a mapping becomes one that the CPU cannot read: madvise(2), as root. advise() has no word for it. */
export function poison(mapping: Mapping, offset: number): void {
  const { resources } = mapping as unknown as { resources: { region: Region } };
  resources.region.advise(MADV_HWPOISON, offset, constants.PAGE_SIZE);
}
