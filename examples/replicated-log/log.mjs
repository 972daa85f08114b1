// A log in mapped memory: records one after the other, each with its number and a checksum.
//
//   0     magic, 8 bytes; the id of the log, 8 random bytes; CRC-32 of both
//   4096  records, each at a multiple of 8: length u32, CRC-32 u32, number u64, the bytes
//
// The checksum covers the id of the log, the number and the bytes, so old bytes behind the last record are no record.
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const MAGIC = Buffer.from('MDREPLOG');
const START = 20;
const FIRST = 4096;
const HEADER = 16;

export class Log {
  /** The place of the next record, in bytes. 0: there is no log yet. */
  end = 0;
  /** The number of the next record, from 0. */
  next = 0;
  #mapping;

  constructor(mapping) {
    this.#mapping = mapping;
    this.recover();
  }

  /** Finds the end: the first place without a whole record. */
  recover() {
    this.end = 0;
    this.next = 0;
    const start = this.#mapping.view(0, START);
    if (!start.subarray(0, 8).equals(MAGIC) || start.readUInt32LE(16) !== crc32(start.subarray(0, 16))) return;
    this.end = FIRST;
    for (let found = this.#at(this.end, 0); found !== undefined; found = this.#at(this.end, this.next)) {
      this.end += found.size;
      this.next++;
    }
  }

  get id() {
    return this.#mapping.view(8, 8).toString('hex');
  }

  /** Makes an empty log, durable on return. */
  create() {
    const start = Buffer.concat([MAGIC, randomBytes(8), Buffer.alloc(4)]);
    start.writeUInt32LE(crc32(start.subarray(0, 16)), 16);
    this.#mapping.write(start, 0);
    this.end = FIRST;
  }

  /** Appends one record, durable on return. */
  append(bytes) {
    const size = sizeOf(bytes.length);
    if (this.end + size > this.#mapping.length) throw new RangeError(`the log is full: ${this.next} records`);
    const record = Buffer.alloc(size);
    record.writeUInt32LE(bytes.length, 0);
    record.writeBigUInt64LE(BigInt(this.next), 8);
    record.set(bytes, HEADER);
    record.writeUInt32LE(this.#checksum(record, bytes.length), 4);
    this.#mapping.write(record, this.end);
    this.end += size;
    return this.next++;
  }

  *records() {
    for (let at = FIRST, number = 0; number < this.next; number++) {
      const { bytes, size } = this.#at(at, number);
      yield bytes;
      at += size;
    }
  }

  #checksum(record, length) {
    return crc32(record.subarray(8, HEADER + length), crc32(this.#mapping.view(8, 8)));
  }

  /** The record with this number at this place; undefined: there is none, or not the whole of it. */
  #at(at, number) {
    if (at + HEADER > this.#mapping.length) return undefined;
    const length = this.#mapping.view(at, HEADER).readUInt32LE(0);
    const size = sizeOf(length);
    if (at + size > this.#mapping.length) return undefined;
    const record = this.#mapping.view(at, size);
    if (record.readBigUInt64LE(8) !== BigInt(number)) return undefined;
    if (record.readUInt32LE(4) !== this.#checksum(record, length)) return undefined;
    return { bytes: record.subarray(HEADER, HEADER + length), size };
  }
}

function sizeOf(length) {
  return Math.ceil((HEADER + length) / 8) * 8;
}
