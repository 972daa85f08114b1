import { fromWireBits, toWireBits, type RdmaAccess } from './access.js';
import { envelope, open, seal, type Envelope } from './envelope.js';
import { formatError } from './errors.js';

/**
 * The bytes of Registration.descriptor(), little endian. docs/rdma.md has the same table.
 *
 *     0  "MDRM"        4  version 1     5  1: on demand, 0: pinned     6  persistence: 0 none, 1 flush     7  0
 *     8  u32 access: 1 remote-read, 2 remote-write, 4 remote-atomic, 8 remote-flush      12  u32 remote key
 *    16  u64 address  24  u64 length   32  GID of the owner, 16 bytes  48  12 bytes of 0  60  u32 CRC-32C of 0 to 59
 */
export const DESCRIPTOR_BYTES = 64;

const WHAT = 'the descriptor';
const FORMAT: Envelope = {
  magic: 'MDRM',
  version: 1,
  length: DESCRIPTOR_BYTES,
  what: WHAT,
  origin: 'Registration.descriptor()',
};
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/** What a peer needs to reach memory. */
export interface MemoryDescriptor {
  readonly access: readonly RdmaAccess[];
  readonly key: number;
  readonly address: bigint;
  readonly length: number;
  /** 'flush': Endpoint.persist() makes stores durable. */
  readonly persistence: 'flush' | 'none';
  readonly onDemand: boolean;
  readonly gid: Buffer;
}

export function encodeDescriptor(memory: MemoryDescriptor): Buffer {
  const bytes = envelope(FORMAT);
  bytes.writeUInt8(memory.onDemand ? 1 : 0, 5);
  bytes.writeUInt8(memory.persistence === 'flush' ? 1 : 0, 6);
  bytes.writeUInt32LE(toWireBits(memory.access), 8);
  bytes.writeUInt32LE(memory.key, 12);
  bytes.writeBigUInt64LE(memory.address, 16);
  bytes.writeBigUInt64LE(BigInt(memory.length), 24);
  memory.gid.copy(bytes, 32);
  return seal(bytes);
}

/** @throws ERR_RDMA_FORMAT. */
export function decodeDescriptor(given: Uint8Array): MemoryDescriptor {
  const bytes = open(given, FORMAT);
  const access = fromWireBits(bytes.readUInt32LE(8));
  const length = bytes.readBigUInt64LE(24);
  const address = bytes.readBigUInt64LE(16);
  const reserved = [bytes.readUInt8(7), ...bytes.subarray(48, 60)];
  const isSound =
    bytes.readUInt8(5) <= 1 &&
    bytes.readUInt8(6) <= 1 &&
    reserved.every((byte) => byte === 0) &&
    length > 0n &&
    length <= LARGEST &&
    address + length <= 2n ** 64n;
  if (access === undefined || !isSound) throw formatError(WHAT, 'has values that this version does not know');
  return {
    access,
    key: bytes.readUInt32LE(12),
    address,
    length: Number(length),
    persistence: bytes.readUInt8(6) === 1 ? 'flush' : 'none',
    onDemand: bytes.readUInt8(5) === 1,
    gid: bytes.subarray(32, 48),
  };
}
