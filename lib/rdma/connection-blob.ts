import { envelope, open, seal, type Envelope } from './envelope.js';
import { formatError } from './errors.js';

/**
 * The bytes that two endpoints exchange, little endian:
 *
 *     0  "MDEP"      4  version 1     5  link (1 InfiniBand, 2 Ethernet)   6  MTU (1: 256 ... 5: 4096)
 *     7  reads and atomics served at once       8  u32 queue pair      12  u32 first packet number
 *    16  GID, 16 bytes                         32  u16 LID             34  10 bytes of 0    44  u32 CRC-32C of 0 to 43
 */
export const BLOB_BYTES = 48;

const WHAT = 'the blob of the peer';
const FORMAT: Envelope = { magic: 'MDEP', version: 1, length: BLOB_BYTES, what: WHAT, origin: 'Endpoint.local' };
const LARGEST_24 = 2 ** 24 - 1;

export interface ConnectionBlob {
  readonly isEthernet: boolean;
  readonly mtu: number;
  readonly responderDepth: number;
  readonly pair: number;
  readonly packet: number;
  readonly gid: Buffer;
  readonly lid: number;
}

export function encodeBlob(blob: ConnectionBlob): Buffer {
  const bytes = envelope(FORMAT);
  bytes.writeUInt8(blob.isEthernet ? 2 : 1, 5);
  bytes.writeUInt8(blob.mtu, 6);
  bytes.writeUInt8(blob.responderDepth, 7);
  bytes.writeUInt32LE(blob.pair, 8);
  bytes.writeUInt32LE(blob.packet, 12);
  blob.gid.copy(bytes, 16);
  bytes.writeUInt16LE(blob.lid, 32);
  return seal(bytes);
}

/** @throws ERR_RDMA_FORMAT. */
export function decodeBlob(given: Uint8Array): ConnectionBlob {
  const bytes = open(given, FORMAT);
  const link = bytes.readUInt8(5);
  const mtu = bytes.readUInt8(6);
  const [pair, packet] = [bytes.readUInt32LE(8), bytes.readUInt32LE(12)];
  const isSound =
    (link === 1 || link === 2) && mtu >= 1 && mtu <= 5 && pair <= LARGEST_24 && packet <= LARGEST_24 && isZero(bytes);
  if (!isSound) throw formatError(WHAT, 'has values that this version does not know');
  return {
    isEthernet: link === 2,
    mtu,
    responderDepth: bytes.readUInt8(7),
    pair,
    packet,
    gid: bytes.subarray(16, 32),
    lid: bytes.readUInt16LE(32),
  };
}

function isZero(bytes: Buffer): boolean {
  return bytes.subarray(34, 44).every((byte) => byte === 0);
}
