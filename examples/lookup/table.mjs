// A sorted table in a file: records of one length, each with its key first, in the order of the keys.
//
//   0     magic, 8 bytes; length of a record, u32; number of records, u64
//   4096  the records: the key, KEY bytes with zeros at its end, then the value
import { map } from 'mapdirect';

export const KEY = 24;
const MAGIC = 'MDTABLE1';
export const FIRST = 4096;
const LARGEST_VIEW = 2 ** 30;

/** The bytes of a key. */
export function keyOf(text) {
  const key = Buffer.alloc(KEY);
  if (Buffer.byteLength(text) > KEY || text === '' || text.includes('\0')) {
    throw new RangeError(`a key has 1 to ${KEY} bytes and no zero byte, not '${text}'`);
  }
  key.write(text);
  return key;
}

/** The first bytes of a table. */
export function headerOf(recordLength, count) {
  const header = Buffer.alloc(20);
  header.write(MAGIC);
  header.writeUInt32LE(recordLength, 8);
  header.writeBigUInt64LE(BigInt(count), 12);
  return header;
}

export class Table {
  #mapping;
  #recordLength;
  #count;
  /** The records of one part: as many as fit into one view, none across the border of two. */
  #perPart;
  #parts = [];

  /** @throws Error: the file is no table, or is shorter than its header says. */
  constructor(path) {
    this.#mapping = map(path, { access: 'read', advice: 'random' });
    try {
      this.#readHeader(path);
    } catch (error) {
      this.#mapping.close();
      throw error;
    }
  }

  #readHeader(path) {
    const { length } = this.#mapping;
    const header = length < FIRST ? undefined : this.#mapping.view(0, 20);
    if (header?.toString('latin1', 0, 8) !== MAGIC) throw new Error(`${path} is not a table`);
    this.#recordLength = header.readUInt32LE(8);
    this.#count = Number(header.readBigUInt64LE(12));
    if (
      this.#recordLength < KEY ||
      this.#recordLength > LARGEST_VIEW ||
      this.#count * this.#recordLength > length - FIRST
    ) {
      throw new Error(`${path} is a damaged table`);
    }
    this.#perPart = Math.floor(LARGEST_VIEW / this.#recordLength);
    for (let first = 0; first < this.#count; first += this.#perPart) {
      const records = Math.min(this.#perPart, this.#count - first);
      this.#parts.push(this.#mapping.view(FIRST + first * this.#recordLength, records * this.#recordLength));
    }
  }

  get count() {
    return this.#count;
  }

  /** The place of a record in the file, in bytes. */
  offsetOf(index) {
    return FIRST + index * this.#recordLength;
  }

  /** The index of the first record whose key is not below `key`: a binary search, which makes no object. */
  #lowerBound(key) {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.#compare(middle, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Negative: the key of the record is below `key`. */
  #compare(index, key) {
    const at = (index % this.#perPart) * this.#recordLength;
    return this.#parts[Math.floor(index / this.#perPart)].compare(key, 0, KEY, at, at + KEY);
  }

  /** @returns the value, as a copy, and its place; undefined: there is no such key. */
  find(text) {
    const key = keyOf(text);
    const index = this.#lowerBound(key);
    if (index === this.#count || this.#compare(index, key) !== 0) return undefined;
    const at = (index % this.#perPart) * this.#recordLength;
    const value = this.#parts[Math.floor(index / this.#perPart)].subarray(at + KEY, at + this.#recordLength);
    const copy = Buffer.from(value);
    // Another program has truncated the file: zeros are no answer.
    if (this.#mapping.faulted) throw new Error('a part of the table is lost');
    return { value: copy, offset: this.offsetOf(index) };
  }

  close() {
    this.#mapping.close();
  }
}
