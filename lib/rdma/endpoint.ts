import { inspect, type InspectOptionsStylized } from 'node:util';
import { checkOptions } from '../core/check-options.js';
import { errno, illegalConstructor, invalidType, systemError } from '../core/errors.js';
import { isUint8Array } from '../core/foreign.js';
import { inOneLine } from '../core/inspect-line.js';
import { LazyEmitter } from '../core/lazy-emitter.js';
import { checkRange } from '../core/range.js';
import { checkOneOf, checkSignal, throwIfAborted } from '../core/validators.js';
import { WORD_BYTES } from '../core/word.js';
import { closedError, RdmaError } from './errors.js';
import { checkLocalMemory, type LocalMemory } from './local-memory.js';
import type { OpenDomain } from './open-domain.js';
import { piecesOf } from './pieces.js';
import { placements, requestKinds, type PostRequest } from './post.js';
import type { QueuePair } from './queue-pair.js';
import { checkRemoteMemory, type RemoteMemory } from './remote-memory.js';
import { checkWord, remoteRange, wordRange, type RemoteRange } from './remote-range.js';
import { RequestQueue } from './request-queue.js';

/** Options of the operations of an {@link Endpoint}. */
export interface OperationOptions {
  /** Takes the operation back as long as it waits in the queue. What is with the device cannot be taken back. */
  signal?: AbortSignal | undefined;
}

/** Events of an {@link Endpoint}. */
export interface EndpointEvents {
  /** The connection has ended, for good. */
  failed: { readonly error: unknown };
}

/** 'connected': it takes operations. 'failed': the connection has ended, for good. 'closed': by close(). */
export type EndpointState = 'new' | 'connected' | 'failed' | 'closed';

const NOT_CLONED = Symbol('An Endpoint belongs to its thread: another thread opens its own domain. An Endpoint');

// Only this file can give it to the constructor.
const KEY = Symbol('the key of the constructor');

/** What an Endpoint is made of. @internal */
export interface EndpointParts {
  readonly domain: OpenDomain;
  readonly pair: QueuePair;
  readonly depth: number;
  /** Microseconds. */
  readonly busyPoll: number;
  readonly closed: () => void;
}

/** Makes an Endpoint. @internal */
export let makeEndpoint: (parts: EndpointParts) => Endpoint;
/** The device reports that the connection has failed. @internal */
export let failEndpoint: (endpoint: Endpoint, error: unknown) => void;

function checkOperationOptions(options: unknown): AbortSignal | undefined {
  const { signal } = checkOptions<OperationOptions>(options, 'options', ['signal']);
  checkSignal(signal);
  throwIfAborted(signal);
  return signal;
}

function noFlush(why: string): Error {
  return systemError(errno.EOPNOTSUPP, 'ibv_wr_flush', undefined, why);
}

/**
 * One reliable connection to one peer. It moves bytes between registered memory of this process and memory of the peer,
 * and the CPU of the peer takes no part. Operations are done in the order of their calls.
 *
 * A connection ends for good with its first error. That is also what a fence of a registration does to those that use
 * it afterwards. Connect two new endpoints then.
 *
 * Events:
 * - 'failed' ({ error }): the connection has ended. An event never keeps the process alive; an operation does.
 *
 * Not promised: that the peer's CPU sees the stores of `write()` in their order, or that an atomic operation is atomic
 * beside those of the CPU (only where `RdmaDevice.atomics` is 'global').
 *
 * @example
 * // Two endpoints of one process. In two processes the blobs travel over a channel that you trust, for instance TLS.
 * const { rdma, VerbsDomain } = require('mapdirect/rdma');
 * if (rdma.unavailable === undefined) {
 *   const domain = VerbsDomain.open();
 *   const [here, there] = [domain.endpoint(), domain.endpoint({ accept: ['remote-write'] })];
 *   here.connect(there.local);
 *   there.connect(here.local);
 *   console.log(here.state); // e.g. connected
 *   here.close();
 *   there.close();
 *   domain.close();
 * }
 */
export class Endpoint extends LazyEmitter<EndpointEvents> implements Disposable {
  readonly #parts: EndpointParts;
  readonly #queue: RequestQueue;
  #state: EndpointState = 'new';
  /** 48 bytes for the peer's connect(). They are no secret. But they must arrive unchanged. */
  readonly local: Buffer;

  static {
    makeEndpoint = (parts) => new Endpoint(KEY, parts);
    failEndpoint = (endpoint, error) => endpoint.#queue.fail(error);
  }

  private constructor(key?: typeof KEY, parts?: EndpointParts) {
    super(NOT_CLONED);
    if (key !== KEY || parts === undefined) throw illegalConstructor('Endpoint', 'domain.endpoint() makes an Endpoint');
    const { domain, pair, depth, busyPoll } = parts;
    this.#parts = parts;
    this.local = pair.local;
    this.#queue = new RequestQueue(domain.verbs, {
      endpoint: pair.id,
      depth,
      busyPoll,
      failed: (error) => {
        this.#state = 'failed';
        this.emit('failed', { error });
      },
    });
  }

  /** 'new', 'connected', 'failed' (for good) or 'closed'. */
  get state(): EndpointState {
    return this.#state;
  }

  /**
   * Connects to the peer. Both sides call it with the other's `local`, in any order; operations may begin when both
   * have returned.
   *
   * @param peer - The 48 bytes of the peer's `local`, from a channel that you trust.
   * @throws ERR_RDMA_FORMAT: not such bytes, or of another version or network; ERR_RDMA_STATE: it is connected already;
   *   ERR_RDMA_CLOSED; ERR_INVALID_ARG_TYPE; the errno of the library.
   * @example
   * const { rdma, VerbsDomain } = require('mapdirect/rdma');
   * const connectTo = (peerBlob) => {
   *   const endpoint = VerbsDomain.open().endpoint();
   *   endpoint.connect(peerBlob);
   *   return endpoint;
   * };
   * console.log(typeof connectTo); // function
   */
  connect(peer: Uint8Array): void {
    if (!isUint8Array(peer)) throw invalidType('peer', 'an instance of Buffer or Uint8Array', peer);
    if (this.#state === 'closed') throw closedError('the endpoint');
    if (this.#state !== 'new') throw new RdmaError('ERR_RDMA_STATE', `connect: the endpoint is ${this.#state}`);
    this.#parts.pair.connect(peer);
    this.#state = 'connected';
  }

  /**
   * Copies local bytes to the peer. When the promise resolves, they are visible at the peer, and not more: a power
   * failure there can lose them. See {@link Endpoint.persist}.
   *
   * @param from - A registration of this domain, with 'local-write' or without. `fromOffset` counts from its start.
   * @param to - Memory with 'remote-write'. `toOffset` counts from its start.
   * @param length - In bytes, > 0. Longer than a message of the device: sent in several.
   * @param options - `signal` takes the operation back as long as it waits in the queue.
   * @throws By rejection: ERR_RDMA_REMOTE_ACCESS, ERR_RDMA_UNREACHABLE, ERR_RDMA_LOCAL_PROTECTION, ERR_RDMA_FLUSHED,
   *   ERR_RDMA_STATUS, ERR_RDMA_STATE, ERR_RDMA_CLOSED; EACCES: `to` was registered without it; EAGAIN: too many
   *   operations wait; ERR_OUT_OF_RANGE, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; the reason of the signal.
   * @example
   * const save = async (endpoint, registration, remote) => {
   *   await endpoint.write(registration, 0, remote, 0, 4096);
   * };
   * console.log(typeof save); // function
   */
  async write(
    from: LocalMemory,
    fromOffset: number,
    to: RemoteMemory,
    toOffset: number,
    length: number,
    options?: OperationOptions,
  ): Promise<void> {
    const signal = checkOperationOptions(options);
    const target = remoteRange(checkRemoteMemory(to, 'to'), 'to', toOffset, length, 'remote-write');
    await this.#run('write', this.#transfer(requestKinds.write, from, 'from', fromOffset, target, length), signal);
  }

  /**
   * Copies bytes of the peer into local memory.
   *
   * @param from - Memory with 'remote-read'. `fromOffset` counts from its start.
   * @param into - A registration of this domain with 'local-write'. `intoOffset` counts from its start.
   * @param length - In bytes, > 0.
   * @param options - As write().
   * @throws By rejection: as write().
   * @example
   * const load = async (endpoint, remote, registration) => {
   *   await endpoint.read(remote, 0, registration, 0, 4096);
   * };
   * console.log(typeof load); // function
   */
  async read(
    from: RemoteMemory,
    fromOffset: number,
    into: LocalMemory,
    intoOffset: number,
    length: number,
    options?: OperationOptions,
  ): Promise<void> {
    const signal = checkOperationOptions(options);
    const source = remoteRange(checkRemoteMemory(from, 'from'), 'from', fromOffset, length, 'remote-read');
    await this.#run('read', this.#transfer(requestKinds.read, into, 'into', intoOffset, source, length), signal);
  }

  /**
   * Waits until earlier writes of this endpoint to the range are durable at the peer ('persistent'), or visible to
   * everybody there ('visible').
   *
   * Not promised: more than the device and the platform keep of it. Soft RoCE is what this package was tested on.
   *
   * @param to - Memory with 'remote-flush'; for 'persistent' its `persistence` is 'flush'.
   * @param offset - In bytes. @param length - Bytes, > 0, at most 2^30.
   * @param placement - Default: 'persistent'.
   * @throws By rejection: EOPNOTSUPP: `to` is not persistent memory, or this device or library has no FLUSH; else as
   *   write().
   * @example
   * const flush = (endpoint, remote) => endpoint.flush(remote, 0, 4096, 'persistent');
   * console.log(typeof flush); // function
   */
  async flush(
    to: RemoteMemory,
    offset: number,
    length: number,
    placement: 'persistent' | 'visible' = 'persistent',
  ): Promise<void> {
    checkOneOf(placement, 'placement', ['persistent', 'visible']);
    await this.#run('flush', this.#flushes(to, offset, length, placement));
  }

  /**
   * write() and flush('persistent') with one promise: when it resolves, the bytes are durable at the peer.
   *
   * @throws By rejection: as write() and flush().
   * @example
   * const commit = (endpoint, registration, remote) => endpoint.persist(registration, 0, remote, 0, 64);
   * console.log(typeof commit); // function
   */
  async persist(
    from: LocalMemory,
    fromOffset: number,
    to: RemoteMemory,
    toOffset: number,
    length: number,
    options?: OperationOptions,
  ): Promise<void> {
    const signal = checkOperationOptions(options);
    const target = remoteRange(checkRemoteMemory(to, 'to'), 'to', toOffset, length, 'remote-write');
    const writes = this.#transfer(requestKinds.write, from, 'from', fromOffset, target, length);
    await this.#run('persist', [...writes, ...this.#flushes(to, toOffset, length, 'persistent')], signal);
  }

  /**
   * Stores 8 bytes, little endian, which no reader sees in parts. They are stored after the writes that were called
   * before.
   *
   * @param to - Memory with 'remote-write'. `offset`: the address is a multiple of 8.
   * @throws By rejection: EOPNOTSUPP: this device or library has no ATOMIC WRITE; else as write().
   * @example
   * const publish = (endpoint, remote, tail) => endpoint.writeAtomic(remote, 0, tail);
   * console.log(typeof publish); // function
   */
  async writeAtomic(to: RemoteMemory, offset: number, value: bigint): Promise<void> {
    const operand = checkWord(value, 'value');
    const { key, address } = wordRange(to, offset, 'remote-write');
    if (!this.#parts.pair.canWriteAtomic)
      throw systemError(
        errno.EOPNOTSUPP,
        'ibv_wr_atomic_write',
        undefined,
        'this device or library has no ATOMIC WRITE',
      );
    const request = {
      operation: requestKinds.writeAtomic,
      length: WORD_BYTES,
      key,
      address,
      operand,
    };
    await this.#run('writeAtomic', [request]);
  }

  /**
   * Stores `replacement` if the 8 bytes have the value `expected`.
   *
   * @param to - Memory with 'remote-atomic'. `offset`: the address is a multiple of 8.
   * @returns What was there before, 0n to 2n ** 64n - 1n.
   * @throws By rejection: as write().
   * @example
   * const lock = async (endpoint, remote) => (await endpoint.compareExchange(remote, 0, 0n, 1n)) === 0n;
   * console.log(typeof lock); // function
   */
  async compareExchange(to: RemoteMemory, offset: number, expected: bigint, replacement: bigint): Promise<bigint> {
    const operand = checkWord(expected, 'expected');
    const secondOperand = checkWord(replacement, 'replacement');
    const { key, address } = wordRange(to, offset, 'remote-atomic');
    const common = { operation: requestKinds.compareExchange, length: WORD_BYTES, key, address };
    return this.#run('compareExchange', [{ ...common, operand, secondOperand }]);
  }

  /**
   * Adds to 8 bytes, modulo 2^64.
   *
   * @param to - Memory with 'remote-atomic'. `offset`: the address is a multiple of 8.
   * @returns What was there before, 0n to 2n ** 64n - 1n.
   * @throws By rejection: as write().
   * @example
   * const nextTicket = (endpoint, remote) => endpoint.fetchAdd(remote, 8, 1n);
   * console.log(typeof nextTicket); // function
   */
  async fetchAdd(to: RemoteMemory, offset: number, addend: bigint): Promise<bigint> {
    const operand = checkWord(addend, 'addend');
    const { key, address } = wordRange(to, offset, 'remote-atomic');
    const request = { operation: requestKinds.fetchAdd, length: WORD_BYTES, key, address, operand };
    return this.#run('fetchAdd', [request]);
  }

  /**
   * Ends the connection. Operations under way are rejected with ERR_RDMA_CLOSED: whether they were done is unknown. The
   * peer hears nothing; its next operation is ERR_RDMA_UNREACHABLE. A second call does nothing.
   *
   * @example
   * const end = (endpoint) => endpoint.close();
   * console.log(typeof end); // function
   */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#queue.close();
    this.#parts.closed();
  }

  /** {@link close} at the end of a block with `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #checkConnected(operation: string): void {
    if (this.#state === 'new')
      throw new RdmaError('ERR_RDMA_STATE', `${operation}: the endpoint is not connected: connect() first`, {
        operation,
      });
  }

  #run(name: string, requests: readonly PostRequest[], signal?: AbortSignal): Promise<bigint> {
    this.#checkConnected(name);
    return this.#queue.add({ name, requests, signal });
  }

  #transfer(
    operation: number,
    memory: unknown,
    name: string,
    localOffset: number,
    { key, address }: RemoteRange,
    length: number,
  ): PostRequest[] {
    const { domain } = this.#parts;
    const { localKey, address: base, length: size } = checkLocalMemory(memory, name);
    checkRange(localOffset, length, size);
    return piecesOf(length, domain.facts.longestMessage).map((piece) => ({
      operation,
      local: { localKey, address: base, offset: localOffset + piece.offset },
      length: piece.length,
      key,
      address: address + BigInt(piece.offset),
    }));
  }

  #flushes(to: unknown, offset: number, length: number, placement: 'persistent' | 'visible'): PostRequest[] {
    const memory = checkRemoteMemory(to, 'to');
    const { key, address } = remoteRange(memory, 'to', offset, length, 'remote-flush');
    const { pair, domain } = this.#parts;
    if (placement === 'persistent' && memory.persistence === 'none')
      throw noFlush(
        'the memory of the peer is not persistent memory that a peer can flush: its owner calls mapping.persist()',
      );
    if (!pair.canFlush)
      throw noFlush('this device, kernel or library has no RDMA FLUSH (rdma-core 45, Linux 6.3 for soft RoCE)');
    return piecesOf(length, domain.facts.longestMessage).map((piece) => ({
      operation: requestKinds.flush,
      length: piece.length,
      key,
      address: address + BigInt(piece.offset),
      placement: placements[placement],
    }));
  }

  /** One line for console.log() and util.inspect(). */
  [inspect.custom](_depth: number, options: InspectOptionsStylized, print: typeof inspect): string {
    const info = #parts in this ? { device: this.#parts.domain.device, state: this.#state } : undefined;
    return inOneLine('Endpoint', info, options, print);
  }

  get [Symbol.toStringTag](): string {
    return 'Endpoint';
  }
}
