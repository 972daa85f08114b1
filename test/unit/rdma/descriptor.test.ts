import { spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { decodeBlob, encodeBlob } from '../../../lib/rdma/connection-blob.js';
import { crc32c } from '../../../lib/rdma/crc32c.js';
import { decodeDescriptor, encodeDescriptor } from '../../../lib/rdma/descriptor.js';
import { RemoteMemory } from '../../../lib/rdma/index.js';
import { ROOT } from '../../support/paths.js';
import { Scratch } from '../../support/scratch.js';
import { skipUnless } from '../../support/skip.js';

const gid = Buffer.from('00000000000000000000ffff7f000001', 'hex');
const memory = {
  access: ['remote-read', 'remote-flush'],
  key: 0xdeadbeef,
  address: 0x7f12_3456_7000n,
  length: 2 ** 32 + 4096,
  persistence: 'flush',
  onDemand: true,
  gid,
} as const;
const blob = { isEthernet: true, mtu: 5, responderDepth: 16, pair: 0xabcdef, packet: 0x123456, gid, lid: 7 };

/** A change that a checksum over the changed bytes hides. */
function changed(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  copy.writeUInt32LE(crc32c(copy.subarray(0, -4)), copy.length - 4);
  return copy;
}

const formats = [
  ['the descriptor', encodeDescriptor(memory), decodeDescriptor, 64],
  ['the blob', encodeBlob(blob), decodeBlob, 48],
] as const;

describe.each(formats)('%s', (_name, bytes, decode: (bytes: Uint8Array) => unknown, length) => {
  test(`has ${length} bytes`, () => expect(bytes).toHaveLength(length));

  test('each damaged byte is noticed', () => {
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1 << randomInt(8);
      expect(() => decode(damaged)).toThrow(expect.objectContaining({ code: 'ERR_RDMA_FORMAT' }));
    }
  });

  test('another version is named', () => {
    expect(() => decode(changed(bytes, 4, 2))).toThrow(/version 2, and this package knows 1/);
  });

  test.each([0, 1, length - 1, length + 1, 4096])('%d bytes are refused', (wrong) => {
    const cut = Buffer.concat([bytes, Buffer.alloc(4096)]).subarray(0, wrong);
    expect(() => decode(cut)).toThrow(expect.objectContaining({ code: 'ERR_RDMA_FORMAT' }));
  });

  test('random bytes, with a right checksum or without, are refused or read, never anything else', () => {
    for (let round = 0; round < 5000; round++) {
      const random = Buffer.concat([bytes.subarray(0, 5), randomBytes(length - 5)]);
      const given = round % 2 === 0 ? random : changed(random, 5, random[5]!);
      try {
        expect(decode(given)).toBeInstanceOf(Object);
      } catch (error) {
        expect((error as { code?: string }).code).toBe('ERR_RDMA_FORMAT');
      }
    }
  });
});

test('a descriptor gives what was put in', () => expect(decodeDescriptor(encodeDescriptor(memory))).toEqual(memory));
test('a blob gives what was put in', () => expect(decodeBlob(encodeBlob(blob))).toEqual(blob));

test.each([
  [5, 2, 'on demand'],
  [6, 2, 'persistence'],
  [7, 1, 'reserved'],
  [8, 16, 'access'],
  [55, 1, 'reserved'],
  [31, 1, 'length'],
])('byte %d with the value %d (%s) is of no known version', (at, value) => {
  expect(() => decodeDescriptor(changed(encodeDescriptor(memory), at, value))).toThrow(/does not know/);
});

test('RemoteMemory shows neither key nor address, also after slice()', () => {
  const remote = RemoteMemory.from(encodeDescriptor(memory));
  const part = remote.slice(4096, 64);
  expect(part.length).toBe(64);
  const shown = [remote, part]
    .map((each) => inspect(each, { showHidden: true, depth: 9 }) + JSON.stringify(each))
    .join();
  for (const secret of [memory.key, memory.address, memory.key.toString(16), memory.address.toString(16)])
    expect(shown).not.toContain(String(secret));
  expect(remote).toMatchObject({ access: memory.access, persistence: 'flush' });
});

test.each([
  [0, 0],
  [2 ** 32 + 4096, 1],
  [-1, 4096],
  [1.5, 1],
])('slice(%d, %d) is out of range', (offset, length) => {
  expect(() => RemoteMemory.from(encodeDescriptor(memory)).slice(offset, length)).toThrow(
    expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
  );
});

/** What each of these programs prints. */
const PARTS = `1 1 9 ${memory.key} ${memory.address} ${memory.length} ${gid.toString('hex')}`;

/** The table of docs/rdma.md, in another language. */
const PYTHON = `
import struct, sys
raw = bytes.fromhex(sys.argv[1])
magic, version, on_demand, persistence, zero, access, key, address, length, gid, rest, crc = struct.unpack('<4sBBBBIIQQ16s12sI', raw)
value = 0xffffffff
for byte in raw[:60]:
    value ^= byte
    for _ in range(8):
        value = (value >> 1) ^ (0x82f63b78 if value & 1 else 0)
assert (magic, version, zero, rest, crc) == (b'MDRM', 1, 0, bytes(12), value ^ 0xffffffff)
print(on_demand, persistence, access, key, address, length, gid.hex())
`;

const python = skipUnless(spawnSync('python3', ['--version']).status === 0, 'no python3', 'apt-get install python3');
python.test('a program in Python reads a descriptor', () => {
  const { stdout, stderr } = spawnSync('python3', ['-c', PYTHON, encodeDescriptor(memory).toString('hex')], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe(PARTS);
});

const compiler = process.env['CC'] ?? 'cc';
const scratch = new Scratch();
const c = skipUnless(spawnSync(compiler, ['--version']).status === 0, 'no C compiler', 'apt-get install gcc');
c.test('a program in C reads a descriptor', () => {
  const program = scratch.path('descriptor_reader');
  const source = join(ROOT, 'test/native/descriptor_reader.c');
  const flags = ['-std=c11', '-Wall', '-Wextra', '-Werror'];
  const compiled = spawnSync(compiler, [...flags, '-o', program, source], { encoding: 'utf8' });
  expect([compiled.status, compiled.stderr]).toEqual([0, '']);
  const read = (input: Buffer): readonly unknown[] => {
    const { status, stdout } = spawnSync(program, { encoding: 'utf8', input });
    return [status, stdout];
  };
  expect(read(encodeDescriptor(memory))).toEqual([0, PARTS]);
  expect(read(changed(encodeDescriptor(memory), 4, 2))).toEqual([2, '']);
});
