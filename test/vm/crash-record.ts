import { createHash } from 'node:crypto';

/** The log of the crash test: one record at the start of each page, so that nearly every record needs a new block. */
export const PAGE = 4096;
export const RECORDS = 20_000;
const BODY = 248;

/** Where the record's last 8 bytes are: not zero once it is complete. */
export const MARK_AT = BODY;

/** The record: 248 random bytes, then a mark of 8 bytes that is stored and persisted after them. */
export function bodyOf(round: number, sequence: number): Buffer {
  const parts = Array.from({ length: 8 }, (_, i) => createHash('sha256').update(`${round}/${sequence}/${i}`).digest());
  return Buffer.concat(parts).subarray(0, BODY);
}

export function markOf(round: number, sequence: number): Buffer {
  const mark = Buffer.alloc(8);
  mark.writeUInt32LE(round + 1, 0);
  mark.writeUInt32LE(sequence + 1, 4);
  return mark;
}

/** The state of a record: 'torn' is a mark over a body that is not its own. */
export function judge(record: Buffer, round: number, sequence: number): 'complete' | 'absent' | 'torn' {
  const mark = record.subarray(MARK_AT, MARK_AT + 8);
  if (mark.equals(Buffer.alloc(8))) return 'absent';
  return mark.equals(markOf(round, sequence)) && record.subarray(0, BODY).equals(bodyOf(round, sequence))
    ? 'complete'
    : 'torn';
}
