/**
 * The file of the demo. Numbers are little-endian, sequence numbers start at 1, record N lies at
 * HEADER_LENGTH + (N - 1) * RECORD_LENGTH. Bytes that were never written are zero.
 *
 *     header    0        8         12         16        24       32       36            4096
 *               | magic  | header  | record   | run     | size   | CRC32  | zero ...    |
 *               | 8 B    | length  | length   | u64     | u64    | of 0-31|             |
 *
 *     record    0         4         8                16        24                       256
 *               | CRC32   | length  | sequence       | run     | payload: words made    |
 *               | of 4-255| u32     | number u64     | u64     | from sequence and place|
 *
 * `run` is a random number of this demo run. It tells the records of this run from those of an earlier run.
 */

export const MAGIC = 'MAPDEMO1';
export const HEADER_LENGTH = 4096;
export const RECORD_LENGTH = 256;
/** A header and one record, in whole pages of 4 KiB. */
export const SMALLEST_FILE = 2 * HEADER_LENGTH;

const HEADER_CHECKED = 32;
const RECORD_CHECKED_FROM = 4;
const PAYLOAD_FROM = 24;

// CRC-32 as in IEEE 802.3 and zlib: reflected, polynomial 0xedb88320. zlib.crc32 came with Node 22.2, and this package
// supports Node 20.
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** The CRC-32 of bytes[from, to). The check value of '123456789' is 0xcbf43926. */
export function crc32(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffffffff;
  for (let i = from; i < to; i++) crc = (CRC_TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The number of records that fit into a file of `size` bytes. */
export function capacity(size: number): number {
  return Math.floor((size - HEADER_LENGTH) / RECORD_LENGTH);
}

/** The offset of record `sequence`, counted from 1. */
export function recordOffset(sequence: number): number {
  return HEADER_LENGTH + (sequence - 1) * RECORD_LENGTH;
}

export function encodeHeader(run: bigint, size: number): Buffer {
  const header = Buffer.alloc(HEADER_CHECKED + 4);
  header.write(MAGIC, 0, 'latin1');
  header.writeUInt32LE(HEADER_LENGTH, 8);
  header.writeUInt32LE(RECORD_LENGTH, 12);
  header.writeBigUInt64LE(run, 16);
  header.writeBigUInt64LE(BigInt(size), 24);
  header.writeUInt32LE(crc32(header, 0, HEADER_CHECKED), HEADER_CHECKED);
  return header;
}

export function hasMagic(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/** The run number in the header; undefined if the header is not whole. */
export function decodeHeader(header: Buffer): bigint | undefined {
  if (!hasMagic(header) || header.readUInt32LE(HEADER_CHECKED) !== crc32(header, 0, HEADER_CHECKED)) return undefined;
  return header.readBigUInt64LE(16);
}

/** Makes records in one buffer that it reuses, so that the writer spends its time on persist() and not on garbage. */
export class RecordEncoder {
  private readonly bytes = Buffer.alloc(RECORD_LENGTH);

  constructor(run: bigint) {
    this.bytes.writeUInt32LE(RECORD_LENGTH, 4);
    this.bytes.writeBigUInt64LE(run, 16);
  }

  /** The result is valid until the next call. */
  encode(sequence: number): Uint8Array {
    const bytes = this.bytes;
    // Two halves, because writeBigUInt64LE would make a BigInt for each record.
    bytes.writeUInt32LE(sequence >>> 0, 8);
    bytes.writeUInt32LE(Math.floor(sequence / 2 ** 32), 12);
    for (let at = PAYLOAD_FROM; at < RECORD_LENGTH; at += 4)
      bytes.writeInt32LE(Math.imul(sequence + at, 0x9e3779b1), at);
    bytes.writeUInt32LE(crc32(bytes, RECORD_CHECKED_FROM), 0);
    return bytes;
  }
}

/**
 * The content of a record's slot. 'foreign': a whole record of another run, or with another number. 'torn': neither
 * zeros nor a whole record.
 */
export type SlotContent = 'whole' | 'empty' | 'foreign' | 'torn';

/** Checks the slot (RECORD_LENGTH bytes) of record `sequence` of `run`. */
export function readSlot(slot: Buffer, run: bigint, sequence: number): SlotContent {
  if (slot.readUInt32LE(4) === RECORD_LENGTH && slot.readUInt32LE(0) === crc32(slot, RECORD_CHECKED_FROM)) {
    return slot.readBigUInt64LE(16) === run && slot.readBigUInt64LE(8) === BigInt(sequence) ? 'whole' : 'foreign';
  }
  return slot.every((byte) => byte === 0) ? 'empty' : 'torn';
}

/** Counts of records: `found` = acknowledged - lost + beyond. */
export interface Tally {
  readonly acknowledged: number;
  readonly found: number;
  /** Acknowledged, but missing, damaged or out of order. It must be 0. */
  readonly lost: number;
  /** 1 if a half-written record follows the last whole one; it was never acknowledged. */
  readonly torn: number;
  /** Whole records after the last acknowledged one: stored before the kill, but not yet acknowledged. */
  readonly beyond: number;
}

/** Counts the records of the file. `slotAt` returns the RECORD_LENGTH bytes at an offset of the file. */
export function tally(slotAt: (offset: number) => Buffer, size: number, run: bigint, acknowledged: number): Tally {
  const read = (sequence: number): SlotContent => readSlot(slotAt(recordOffset(sequence)), run, sequence);
  const last = capacity(size);
  let lost = 0;
  for (let sequence = 1; sequence <= acknowledged; sequence++) {
    if (sequence > last || read(sequence) !== 'whole') lost++;
  }
  let next = acknowledged + 1;
  while (next <= last && read(next) === 'whole') next++;
  const beyond = next - 1 - acknowledged;
  const torn = next <= last && read(next) === 'torn' ? 1 : 0;
  return { acknowledged, found: acknowledged - lost + beyond, lost, torn, beyond };
}
