import { randomInt } from 'node:crypto';
import { checked } from '../core/errors.js';
import { memoryBits, verbsBits } from './access.js';
import { decodeBlob, encodeBlob, type ConnectionBlob } from './connection-blob.js';
import type { EndpointRequest } from './endpoint-options.js';
import { formatError } from './errors.js';
import type { OpenDomain } from './open-domain.js';
import { timeoutExponent } from './timeout.js';

/** Bits of rdmaEndpoint(). */
const FLUSH = 2048;
const ATOMIC_WRITE = 4096;

/** Reads and atomics that a peer may have under way here. */
const RESPONDER_DEPTH = 16;

function flushBits({ facts }: OpenDomain): number {
  return (facts.flushVisible ? verbsBits.flushVisible : 0) | (facts.flushPersistent ? verbsBits.flushPersistent : 0);
}

/** What the peer may do with a queue pair; local-write is a right of memory only. */
function acceptBits(domain: OpenDomain, { accept }: EndpointRequest): number {
  const bits = memoryBits(accept) & ~verbsBits.localWrite;
  return accept.includes('remote-flush') ? bits | flushBits(domain) : bits;
}

/** The native side of an endpoint, and its half of the connection. */
export class QueuePair {
  private readonly own: ConnectionBlob;
  /** This end can post them: the device and the library have them. */
  readonly canFlush: boolean;
  readonly canWriteAtomic: boolean;
  readonly id: number;

  /** @throws the errno of the library. */
  constructor(
    private readonly domain: OpenDomain,
    private readonly request: EndpointRequest,
  ) {
    const { verbs, facts, port, gid } = domain;
    const wanted = (facts.flushVisible ? FLUSH : 0) | (facts.atomicWrite ? ATOMIC_WRITE : 0);
    this.id = checked(
      verbs.addon.rdmaEndpoint(domain.id, port, request.depth, acceptBits(domain, request), wanted),
      'ibv_create_qp',
      domain.device,
    );
    const [pair = 0, requests = 0] = verbs.numbers;
    this.canFlush = (requests & FLUSH) !== 0;
    this.canWriteAtomic = (requests & ATOMIC_WRITE) !== 0;
    this.own = {
      isEthernet: facts.isEthernet,
      mtu: facts.mtu,
      responderDepth: Math.min(RESPONDER_DEPTH, facts.responderDepth),
      pair,
      packet: randomInt(2 ** 24), // nobody can guess the numbers of our packets
      gid,
      lid: facts.lid,
    };
  }

  /** The bytes for the peer. */
  get local(): Buffer {
    return encodeBlob(this.own);
  }

  /** @throws ERR_RDMA_FORMAT, the errno of the library. */
  connect(bytes: Uint8Array): void {
    const peer = decodeBlob(bytes);
    const { own, domain } = this;
    if (peer.isEthernet !== own.isEthernet)
      throw formatError('the blob of the peer', 'is of another network: one side is InfiniBand, the other Ethernet');
    const { addon, numbers } = domain.verbs;
    numbers[0] = peer.pair;
    numbers[1] = peer.packet;
    numbers[2] = peer.lid;
    numbers[3] = own.packet;
    numbers[4] = domain.port;
    numbers[5] = domain.gidIndex;
    numbers[6] = own.isEthernet ? 1 : 0;
    numbers[7] = Math.min(own.mtu, peer.mtu);
    numbers[8] = timeoutExponent(this.request.timeout);
    numbers[9] = Math.min(domain.facts.initiatorDepth, peer.responderDepth);
    numbers[10] = own.responderDepth;
    checked(addon.rdmaConnect(this.id, peer.gid), 'ibv_modify_qp', domain.device);
  }
}
