import { crc32c } from './crc32c.js';
import { formatError } from './errors.js';

/** Bytes that two processes exchange begin with four letters and a version, and end with a CRC-32C of all before it. */
export interface Envelope {
  readonly magic: string;
  readonly version: number;
  readonly length: number;
  /** What it is to the reader of an error, and where the right one comes from. */
  readonly what: string;
  readonly origin: string;
}

const CRC_BYTES = 4;

/** New bytes, all 0 but for the letters and the version. {@link seal} must follow. */
export function envelope({ magic, version, length }: Envelope): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write(magic, 'latin1');
  bytes.writeUInt8(version, magic.length);
  return bytes;
}

export function seal(bytes: Buffer): Buffer {
  const end = bytes.length - CRC_BYTES;
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, end)), end);
  return bytes;
}

/** @returns a copy of `given`, whose letters, version and checksum are right. @throws ERR_RDMA_FORMAT. */
export function open(given: Uint8Array, { magic, version, length, what, origin }: Envelope): Buffer {
  const bytes = Buffer.from(given);
  if (bytes.length !== length) throw formatError(what, `has ${bytes.length} bytes and not ${length}`);
  if (bytes.toString('latin1', 0, magic.length) !== magic) throw formatError(what, `is no ${origin} of this package`);
  const found = bytes.readUInt8(magic.length);
  if (found !== version)
    throw formatError(what, `has version ${found}, and this package knows ${version}: use one release on both sides`);
  const end = length - CRC_BYTES;
  if (bytes.readUInt32LE(end) !== crc32c(bytes.subarray(0, end)))
    throw formatError(what, 'was damaged on its way (CRC)');
  return bytes;
}
