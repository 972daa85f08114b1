import { PAGE } from './crash-record.js';

/** The memory that the server lends to the client: first bytes that are written once, then records. */
const ONCE = 2 ** 20;
export const RECORD = 256;
export const RECORDS = 2 ** 15;
export const LENGTH = ONCE + RECORDS * RECORD;

export function recordAt(sequence: number): number {
  return ONCE + sequence * RECORD;
}

/** Offsets of the words that atomic operations change afterwards. */
export const words = { fetchAdd: 8, compareExchange: PAGE, writeAtomic: ONCE - 8 } as const;
export const ADDEND = 5n;
export const REPLACEMENT = 0x1122334455667788n;
export const PUBLISHED = 0x99aabbccddeeff00n;

/** The bytes that are written once: no two words of a round are alike, nor the same word in two rounds. */
export function onceOf(round: number): Buffer {
  const bytes = Buffer.alloc(ONCE);
  for (let at = 0; at < ONCE; at += 4) bytes.writeUInt32LE((at ^ Math.imul(round + 1, 0x9e3779b1)) >>> 0, at);
  return bytes;
}

/** The same after the atomic operations. */
export function onceAfterwards(round: number): Buffer {
  const bytes = onceOf(round);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, bytes.readBigUInt64LE(words.fetchAdd) + ADDEND), words.fetchAdd);
  bytes.writeBigUInt64LE(REPLACEMENT, words.compareExchange);
  bytes.writeBigUInt64LE(PUBLISHED, words.writeAtomic);
  return bytes;
}

/** Of the server. */
export const ports = { memory: 7000, log: '7001' } as const;

/** The answer of the server to the blob of the client's endpoint. */
export interface Lent {
  readonly round: number;
  /** The number of the next record of this round. */
  readonly next: number;
  /** In hexadecimal. */
  readonly descriptor: string;
  readonly blob: string;
}
