// What a queue pair is made with, and what it takes from the blob of its peer.
import { describe, expect, test } from '@jest/globals';
import { decodeBlob, encodeBlob, type ConnectionBlob } from '../../../lib/rdma/connection-blob.js';
import type { DeviceFacts } from '../../../lib/rdma/device-facts.js';
import type { RdmaAccess } from '../../../lib/rdma/index.js';
import { QueuePair } from '../../../lib/rdma/queue-pair.js';
import { fakeDomain, FakeDevice } from '../../support/fake-verbs.js';

const peer: ConnectionBlob = {
  isEthernet: true,
  mtu: 5,
  responderDepth: 16,
  pair: 0xabc,
  packet: 0x123456,
  gid: Buffer.alloc(16, 7),
  lid: 3,
};

interface Made {
  readonly device: FakeDevice;
  readonly pair: QueuePair;
}

function made(facts: Partial<DeviceFacts> = {}, accept: readonly RdmaAccess[] = []): Made {
  const device = new FakeDevice();
  return { device, pair: new QueuePair(fakeDomain(device, facts), { depth: 4, timeout: 2000, busyPoll: 0, accept }) };
}

describe('the rights of the peer', () => {
  test.each<readonly [readonly RdmaAccess[], number]>([
    [[], 0],
    [['remote-write'], 2],
    [['remote-read'], 4],
    [['remote-atomic'], 8],
    [['remote-flush'], 256 | 512],
    [['remote-read', 'remote-write'], 6],
  ])('%j: the bits %d, and no right of local memory', (accept, bits) => {
    expect(made({}, accept).device.pairs).toMatchObject([{ access: bits }]);
  });

  test('are those of the device only', () => {
    const { device } = made({ flushPersistent: false }, ['remote-flush']);
    expect(device.pairs).toMatchObject([{ access: 256 }]);
  });
});

test('FLUSH and ATOMIC WRITE are asked for where the device has them', () => {
  expect(made().device.pairs).toMatchObject([{ requests: 2048 | 4096 }]);
  const none = made({ flushVisible: false, atomicWrite: false });
  expect(none.device.pairs).toMatchObject([{ requests: 0 }]);
  expect([none.pair.canFlush, none.pair.canWriteAtomic]).toEqual([false, false]);
});

test('the first packet has another number in each pair: nobody can guess it', () => {
  const packets = Array.from({ length: 20 }, () => decodeBlob(made().pair.local).packet);
  expect(new Set(packets).size).toBeGreaterThan(10);
});

describe('connect()', () => {
  const MTU = 7;
  const INITIATOR = 9;
  const RESPONDER = 10;

  test('takes number, packet and LID of the peer', () => {
    const { device, pair } = made();
    pair.connect(encodeBlob(peer));
    expect(device.connected.map((numbers) => numbers.slice(0, 3))).toEqual([[0xabc, 0x123456, 3]]);
  });

  test.each([
    [5, 3, 3],
    [3, 5, 3],
  ])('an MTU of %d here and %d there: %d', (mtu, theirs, used) => {
    const { device, pair } = made({ mtu });
    pair.connect(encodeBlob({ ...peer, mtu: theirs }));
    expect(device.connected[0]?.[MTU]).toBe(used);
  });

  test('no more reads are under way than the peer serves, and no more are served than the device can', () => {
    const { device, pair } = made({ initiatorDepth: 16, responderDepth: 8 });
    pair.connect(encodeBlob({ ...peer, responderDepth: 2 }));
    expect(device.connected[0]?.[INITIATOR]).toBe(2);
    expect(device.connected[0]?.[RESPONDER]).toBe(8);
    expect(decodeBlob(pair.local).responderDepth).toBe(8);
  });
});
