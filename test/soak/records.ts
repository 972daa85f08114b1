import { watermark } from '../support/watermark.js';

/** A data file of the soak is an array of slots. Record `sequence` lies in slot `sequence % SLOTS`. */
export const SLOT = 2048;
export const SLOTS = 1024;
export const FILE_LENGTH = SLOT * SLOTS;
/** A writer has at most so many records that are not acknowledged. */
export const IN_FLIGHT = 8;

export const slotOf = (sequence: number): number => sequence % SLOTS;

/** The bytes of a record. Other records, and those of other files, have other bytes. */
export function record(file: number, sequence: number): Buffer {
  const length = 64 + ((sequence * 7919) % (SLOT - 63));
  const bytes = watermark(file * 2 ** 44 + sequence * SLOT, length);
  bytes.writeUInt32LE(sequence, 0);
  return bytes;
}
