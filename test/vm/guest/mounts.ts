import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Place } from '../layout.js';

const DATA_AT = 2 ** 21; // the info block at the start of a namespace

function numberIn(file: string): number {
  return Number(fs.readFileSync(file, 'latin1'));
}

/** The block device of a place, found by its size. */
function blockDevice({ name, memory, size }: Place): string {
  const expected = memory === 'fsdax' ? size - DATA_AT : size;
  const device = fs
    .readdirSync('/sys/block')
    .find((block) => block.startsWith('pmem') && numberIn(`/sys/block/${block}/size`) * 512 === expected);
  if (device === undefined) throw new Error(`no pmem device of ${expected} bytes for ${name}: ${sizes()}`);
  return `/dev/${device}`;
}

function sizes(): string {
  return fs
    .readdirSync('/sys/block')
    .filter((block) => block.startsWith('pmem'))
    .map((block) => `${block} ${numberIn(`/sys/block/${block}/size`) * 512}`)
    .join(', ');
}

function daxDevice({ name, align, size }: Place): string {
  const bus = '/sys/bus/dax/devices';
  const device = fs
    .readdirSync(bus)
    .find((dax) => numberIn(`${bus}/${dax}/align`) === align && numberIn(`${bus}/${dax}/size`) === size - DATA_AT);
  if (device === undefined) throw new Error(`no device-dax with align ${align} for ${name}`);
  return `/dev/${device}`;
}

function isMounted(directory: string): boolean {
  return fs.readFileSync('/proc/self/mounts', 'latin1').includes(` ${directory} `);
}

/**
 * Makes a place ready: a directory on a fresh file system, or a device. With `keep` a file system that is there stays.
 */
export function prepare(place: Place, keep = false): string {
  if (place.memory === 'devdax') return daxDevice(place);
  if (place.memory === 'none') return '/dev/shm';
  const directory = path.join('/mnt', place.name);
  if (isMounted(directory)) return directory;
  const device = blockDevice(place);
  fs.mkdirSync(directory, { recursive: true });
  const [mkfs = '', ...args] = place.mkfs ?? [];
  if (!keep) execFileSync(mkfs, [...args, device], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('mount', ['-o', place.mount ?? 'rw', device, directory]);
  fs.chmodSync(directory, 0o1777);
  return directory;
}
