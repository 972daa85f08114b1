import { readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { constants } from '../core/constants.js';
import { errno, type SystemError } from '../core/errors.js';
import type { Identity } from './inode-id.js';
import { attempt, deviceNumber, readNumber, readText } from './sysfs.js';

/** A run of bytes that are lost: the memory or the disk under them has a media error. */
export interface BadBlock {
  /** The first lost byte, from the start of the mapping. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** The bad bytes of a device, in order; offsets are bytes of the device. */
export interface BadBlockList {
  readonly blocks: readonly BadBlock[];
  /** Nothing is known about the bytes from here on. Infinity: the list is complete. */
  readonly end: number;
}

/** There is no list, or this process may not read it. */
export interface NoBadBlockList {
  /** Negative. */
  readonly errno: number;
  readonly reason: string;
}

const SECTOR = 512; // the unit of every list
const LINE = /^(\d+) (\d+)$/;

function noList(reason: string): NoBadBlockList {
  return { errno: errno.EOPNOTSUPP, reason };
}

function noListFor(name: string): NoBadBlockList {
  return noList(
    `the kernel keeps no list of bad blocks for the device ${name}; it keeps one for persistent memory. ` +
      'A disk counts its bad sectors itself (smartctl -A), and reading one is EIO',
  );
}

/**
 * The text of a list: "first sector, number of sectors" in each line, in order. A kernel shows one page of it at most
 * (block/badblocks.c): then the last line may be cut off, and nothing is known about the rest of the device.
 */
function parseList(text: string): BadBlockList | undefined {
  const isCut = text.length >= constants.PAGE_SIZE - 1;
  const whole = isCut ? text.slice(0, text.lastIndexOf('\n')) : text.trimEnd();
  const blocks: BadBlock[] = [];
  for (const line of whole === '' ? [] : whole.split('\n')) {
    const [, first, count] = LINE.exec(line) ?? [];
    if (first === undefined || count === undefined) return undefined;
    blocks.push({ offset: Number(first) * SECTOR, length: Number(count) * SECTOR });
  }
  const last = blocks.at(-1);
  return { blocks, end: isCut ? (last === undefined ? 0 : last.offset + last.length) : Infinity };
}

/** The list of a part of the device that begins at byte `start`, from the list of the whole. */
function listFrom({ blocks, end }: BadBlockList, start: number): BadBlockList {
  const moved = blocks.map(({ offset, length }) => {
    const from = Math.max(0, offset - start);
    return { offset: from, length: offset + length - start - from };
  });
  return { blocks: moved.filter(({ length }) => length > 0), end: end - start };
}

/** @param name - of the device, for the reason. */
function readList(path: string, name: string): BadBlockList | NoBadBlockList {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    const { code } = error as SystemError;
    if (code !== 'EACCES' && code !== 'EPERM') return noListFor(name);
    return { errno: errno.EACCES, reason: `this process may not read ${path}; run as root` };
  }
  // A device without a list has an empty line, or (newer kernels) no file. An empty list has no line.
  if (text === '\n') return noListFor(name);
  return parseList(text) ?? noList(`the list of bad blocks in ${path} has a form that is not known`);
}

function listOfBlockDevice(directory: string): BadBlockList | NoBadBlockList {
  const isPartition = readNumber(`${directory}/partition`) !== undefined;
  const disk = isPartition ? `${directory}/..` : directory;
  const list = readList(`${disk}/badblocks`, basename(directory));
  if ('reason' in list || !isPartition) return list;
  const start = readNumber(`${directory}/start`);
  return start === undefined
    ? noList(`the start of the partition ${basename(directory)} is not in /sys`)
    : listFrom(list, start * SECTOR);
}

/** A physical address: "0x120000000". */
function readAddress(path: string): number | undefined {
  const text = readText(path);
  return text !== undefined && /^0x[\da-f]+$/i.test(text) ? Number(text) : undefined;
}

/** A device-dax has no list; its region has one, from the start of the region. */
function listOfDeviceDax(directory: string): BadBlockList | NoBadBlockList {
  const region = /^.*\/region\d+(?=\/)/.exec(directory)?.[0];
  if (region === undefined) return noListFor(basename(directory));
  const list = readList(`${region}/badblocks`, basename(directory));
  if ('reason' in list) return list;
  const from = readAddress(`${region}/resource`);
  const to = readAddress(`${directory}/resource`) ?? readAddress(`${directory}/device/resource`);
  if (from !== undefined && to !== undefined) return listFrom(list, to - from);
  return {
    errno: errno.EACCES,
    reason: `this process may not read where the device-dax begins (resource of ${basename(region)} and ${basename(directory)} under /sys); run as root`,
  };
}

/**
 * The bad blocks of a block device, a partition or a device-dax, as the kernel knows them. `sys` is for tests.
 *
 * Not promised: that the kernel knows every bad block. It learns of one by a scrub, or when a program meets it.
 */
export function badBlockListOf(kind: 'block' | 'char', device: Identity, sys = '/sys'): BadBlockList | NoBadBlockList {
  const number = deviceNumber(BigInt(device));
  const directory = attempt(() => realpathSync(`${sys}/dev/${kind}/${number}`));
  if (directory === undefined) return noList(`no device ${number} is in ${sys}/dev/${kind}`);
  return kind === 'block' ? listOfBlockDevice(directory) : listOfDeviceDax(directory);
}
