// A queue of records in a file. A record is in the queue when push() returns, and stays there until drop(), whatever is
// killed meanwhile.
//
//   0     magic, 8 bytes
//   8     the capacity of the ring in bytes, u64
//   64    head: the position of the first record, u64
//   128   tail: the position behind the last record, u64
//   4096  the ring. A position counts all bytes since the beginning; its place is the position modulo the capacity
//
// A record is its length (u64), a checksum over its position and its bytes (8 bytes), and the bytes, padded to a
// multiple of 16. It never crosses the end of the ring: the length SKIP says that the next record is at the start.
import { createHash } from 'node:crypto';
import { map, WriterLock } from 'mapdirect';

const MAGIC = Buffer.from('MDQUEUE1').readBigUInt64LE();
const CAPACITY = 8;
const HEAD = 64;
const TAIL = 128;
const RING = 4096;
const HEADER = 16;
const SKIP = 2n ** 64n - 1n;

const sizeOf = (length) => HEADER + Math.ceil(length / 16) * 16;
const checksum = (position, payload) =>
  createHash('sha256').update(`${position} ${payload.length} `).update(payload).digest().subarray(0, 8);

export class Queue {
  #path;
  #mapping;
  #lock;
  #capacity;
  #head;
  #tail;
  #failed = false;

  /**
   * Opens the queue, and makes it if there is none. It has one user at a time.
   *
   * @param size - bytes of a new file, a multiple of 4096.
   * @param timeout - milliseconds to wait for another user.
   * @throws EBUSY: another process has the queue. Error: the file is no queue, or it is damaged.
   */
  constructor(path, { size = 2 ** 16, timeout = 5000 } = {}) {
    this.#path = path;
    // Without 'native' a deployment without the binary would lose stores at a kill.
    this.#mapping = map(path, { create: true, size, backend: 'native' });
    try {
      this.#lock = WriterLock.acquire(path, { timeout });
      this.#recover();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #word(offset) {
    return this.#mapping.view(offset, 8).readBigUInt64LE();
  }

  #create() {
    const capacity = this.#mapping.length - RING;
    if (capacity < RING || capacity % 16 !== 0) throw new Error(`${this.#path} is too short for a queue`);
    this.#mapping.persistWord(CAPACITY, BigInt(capacity)); // the file may become longer, and the ring stays
    this.#mapping.persistWord(0, MAGIC);
  }

  #recover() {
    if (this.#word(0) === 0n && this.#word(TAIL) === 0n) this.#create();
    if (this.#word(0) !== MAGIC) throw new Error(`${this.#path} is not a queue`);
    this.#capacity = Number(this.#word(CAPACITY));
    const most = this.#mapping.length - RING;
    if (!(this.#capacity >= RING && this.#capacity <= most && this.#capacity % 16 === 0)) throw this.#damaged();
    this.#head = Number(this.#word(HEAD));
    this.#tail = Number(this.#word(TAIL));
    const used = this.#tail - this.#head;
    if (!(used >= 0 && used <= this.#capacity && used % 16 === 0 && this.#head % 16 === 0)) throw this.#damaged();
    for (const { payload } of this.#records()) payload.fill(0); // throws for damage
    this.#mapping.persist(0, RING); // after a kill the words are visible, and perhaps not durable
  }

  #damaged() {
    return new Error(`${this.#path} is damaged`);
  }

  #place(position) {
    return RING + (position % this.#capacity);
  }

  /** The bytes from a position to the end of the ring. */
  #rest(position) {
    return this.#capacity - (position % this.#capacity);
  }

  /** The record at a position, as a copy, and the position behind it. */
  #recordAt(position) {
    const length = this.#word(this.#place(position));
    if (length === SKIP && position + this.#rest(position) < this.#tail) {
      return this.#recordAt(position + this.#rest(position));
    }
    const end = position + sizeOf(Number(length));
    if (end > this.#tail || end - position > this.#rest(position)) throw this.#damaged();
    const record = Buffer.from(this.#mapping.view(this.#place(position), HEADER + Number(length)));
    const payload = record.subarray(HEADER);
    if (!checksum(position, payload).equals(record.subarray(8, HEADER))) throw this.#damaged();
    return { payload, end };
  }

  *#records() {
    for (let at = this.#head; at < this.#tail;) {
      const record = this.#recordAt(at);
      yield record;
      at = record.end;
    }
  }

  /** A flush that failed proves nothing about the words, and neither does a retry: open the queue anew. */
  #durably(change) {
    if (this.#failed) throw new Error('an earlier call failed: the state of the queue on the disk is unknown');
    this.#failed = true;
    change();
    this.#failed = false;
  }

  /**
   * Appends a record. It is durable on return.
   *
   * @returns false: the queue is full.
   * @throws RangeError: the record is longer than half of the ring.
   */
  push(payload) {
    const size = sizeOf(payload.length);
    if (size > this.#capacity / 2) throw new RangeError(`a record has at most ${this.#capacity / 2 - HEADER} bytes`);
    const rest = this.#rest(this.#tail);
    const start = this.#tail + (size > rest ? rest : 0);
    if (start + size - this.#head > this.#capacity) return false;
    const record = Buffer.alloc(size);
    record.writeBigUInt64LE(BigInt(payload.length));
    record.set(checksum(start, payload), 8);
    record.set(payload, HEADER);
    this.#durably(() => {
      if (start > this.#tail) this.#mapping.write(BigUint64Array.of(SKIP), this.#place(this.#tail));
      this.#mapping.write(record, this.#place(start)); // 1. the record, durable; no word leads to it yet
      this.#mapping.persistWord(TAIL, BigInt(start + size)); // 2. the tail: the old one or the new one
    });
    this.#tail = start + size;
    return true;
  }

  /** The first record, as a copy; undefined: the queue is empty. It stays until drop(). */
  first() {
    return this.#head === this.#tail ? undefined : this.#recordAt(this.#head).payload;
  }

  /** Removes the first record. It is gone for good on return. */
  drop() {
    if (this.#head === this.#tail) throw new Error('the queue is empty');
    const { end } = this.#recordAt(this.#head);
    this.#durably(() => this.#mapping.persistWord(HEAD, BigInt(end)));
    this.#head = end;
  }

  /** Copies of all records, the first one first. */
  *[Symbol.iterator]() {
    for (const { payload } of this.#records()) yield payload;
  }

  close() {
    this.#lock?.release();
    this.#mapping.close();
  }
}
