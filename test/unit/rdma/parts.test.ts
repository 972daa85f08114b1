import { describe, expect, test } from '@jest/globals';
import { memoryBits, fromWireBits, toWireBits } from '../../../lib/rdma/access.js';
import { statusError } from '../../../lib/rdma/errors.js';
import { bestGid, parseGid } from '../../../lib/rdma/gid.js';
import { memoryKindOf, refusesUnsoundPins } from '../../../lib/registration/memory-kind.js';
import { piecesOf } from '../../../lib/rdma/pieces.js';
import { timeoutExponent } from '../../../lib/rdma/timeout.js';

const IPV4 = '0000:0000:0000:0000:0000:ffff:7f00:0001';
const LINK_LOCAL = 'fe80:0000:0000:0000:0200:00ff:fe00:0000';

describe('the address of an endpoint', () => {
  test.each([
    ['RoCE v2 over IPv4', [0, LINK_LOCAL, 'RoCE v2'], [1, IPV4, 'IB/RoCE v1'], [2, IPV4, 'RoCE v2'], 2],
    ['RoCE v2 over IPv6', [0, LINK_LOCAL, 'IB/RoCE v1'], [1, LINK_LOCAL, 'RoCE v2'], [2, IPV4, undefined], 1],
    ['the first one', [0, LINK_LOCAL, undefined], [1, IPV4, undefined], [2, IPV4, 'IB/RoCE v1'], 0],
  ] as const)('is %s', (_name, a, b, c, chosen) => {
    const entries = [a, b, c].map(([index, gid, type]) => ({ index, gid, type }));
    expect(bestGid(entries)?.index).toBe(chosen);
  });

  test('has an index of one byte', () => {
    const entries = [255, 256].map((index) => ({ index, gid: index === 255 ? LINK_LOCAL : IPV4, type: 'RoCE v2' }));
    expect(bestGid(entries)?.index).toBe(255);
  });

  test('an empty entry is none', () => {
    expect(bestGid([{ index: 0, gid: '0000:0000:0000:0000:0000:0000:0000:0000' }])).toBeUndefined();
    expect(bestGid([])).toBeUndefined();
  });

  test('is read from sysfs', () => {
    expect(parseGid(IPV4)?.toString('hex')).toBe('00000000000000000000ffff7f000001');
    expect(parseGid('::1')).toBeUndefined();
  });
});

test.each([
  [1, 1],
  [2000, 16],
  [100, 12],
  [3_600_000, 27],
])('a timeout of %d ms has the exponent %d', (milliseconds, exponent) => {
  expect(timeoutExponent(milliseconds)).toBeGreaterThanOrEqual(1);
  expect(Math.abs(timeoutExponent(milliseconds) - exponent)).toBeLessThanOrEqual(exponent === 1 ? 5 : 0);
  const total = 7 * 0.004096 * 2 ** timeoutExponent(milliseconds);
  expect(total / milliseconds).toBeGreaterThan(0.7);
  expect(total / milliseconds).toBeLessThan(1.5);
});

test('a long transfer is cut at the limit of the device, and at 2^30 bytes', () => {
  expect(piecesOf(10, 4)).toEqual([
    { offset: 0, length: 4 },
    { offset: 4, length: 4 },
    { offset: 8, length: 2 },
  ]);
  expect(piecesOf(4, 4)).toEqual([{ offset: 0, length: 4 }]);
  expect(piecesOf(2 ** 30 + 1, 2 ** 31)).toEqual([
    { offset: 0, length: 2 ** 30 },
    { offset: 2 ** 30, length: 1 },
  ]);
});

test('remote stores need local-write at the device', () => {
  expect(memoryBits(['remote-write'])).toBe(3);
  expect(memoryBits(['remote-atomic'])).toBe(9);
  expect(memoryBits(['remote-read'])).toBe(4);
  expect(memoryBits([])).toBe(0);
});

test('the bits of a descriptor are those of docs/rdma.md', () => {
  expect(toWireBits(['local-write', 'remote-write', 'remote-flush'])).toBe(10);
  expect(fromWireBits(15)).toEqual(['remote-read', 'remote-write', 'remote-atomic', 'remote-flush']);
  expect(fromWireBits(16)).toBeUndefined();
  expect(fromWireBits(2 ** 31)).toBeUndefined();
});

test.each([
  ['6.1.0-56-amd64', false],
  ['6.4.16', false],
  ['6.5.0', true],
  ['6.12.117+deb12-amd64', true],
  ['7.3.4', true],
  ['5.15.0', false],
])('the kernel %s refuses unsound pins: %p', (version, refuses) => {
  expect(refusesUnsoundPins(version)).toBe(refuses);
});

test.each([
  [undefined, 'memory'],
  [{ device: {}, dax: undefined, fileSystem: 0x01021994 }, 'device-dax'],
  [{ device: undefined, dax: true, fileSystem: 0xef53 }, 'fsdax'],
  [{ device: undefined, dax: false, fileSystem: 0xef53 }, 'page cache'],
  [{ device: undefined, dax: false, fileSystem: 0x01021994 }, 'memory'],
  [{ device: undefined, dax: undefined, fileSystem: 0x6969 }, 'page cache'],
])('memory of %j is %s', (file, kind) => {
  expect(memoryKindOf({ file })).toBe(kind);
});

test.each([
  [4, 'ERR_RDMA_LOCAL_PROTECTION'],
  [5, 'ERR_RDMA_FLUSHED'],
  [9, 'ERR_RDMA_REMOTE_ACCESS'],
  [10, 'ERR_RDMA_REMOTE_ACCESS'],
  [12, 'ERR_RDMA_UNREACHABLE'],
  [21, 'ERR_RDMA_STATUS'],
])('status %d is %s', (status, code) => {
  const cause = new Error('the first one');
  expect(statusError('write', status, 7, cause)).toMatchObject({
    name: 'RdmaError',
    code,
    status,
    operation: 'write',
    cause,
  });
});
