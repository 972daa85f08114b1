import { inspect, type InspectOptionsStylized } from 'node:util';
import { illegalConstructor, invalidType } from '../core/errors.js';
import { isUint8Array } from '../core/foreign.js';
import { inOneLine } from '../core/inspect-line.js';
import { checkRange } from '../core/range.js';
import { checkPositiveSize } from '../core/validators.js';
import type { RdmaAccess } from './access.js';
import { decodeDescriptor, type MemoryDescriptor } from './descriptor.js';

/** The plain data of a RemoteMemory that is printed or logged: no key, and no address. */
export interface RemoteMemorySummary {
  /** Bytes. */
  readonly length: number;
  /** The rights that its owner gave. */
  readonly access: readonly RdmaAccess[];
  /** 'flush': persistent memory, for Endpoint.flush() and persist(). 'none': any other memory. */
  readonly persistence: 'flush' | 'none';
}

// Only this file can give it to the constructor.
const KEY = Symbol('the key of the constructor');

/** The descriptor of a RemoteMemory. @internal */
let descriptorOf: (memory: RemoteMemory) => MemoryDescriptor;
/** @internal */
let isRemoteMemory: (value: unknown) => value is RemoteMemory;

/**
 * Memory of another process, which a {@link Endpoint} can reach. It is made from the 64 bytes of
 * `registration.descriptor()`. Those bytes hold a key that opens the memory to everybody in the owner's domain: hand
 * them over TLS.
 *
 * @example
 * const { RemoteMemory } = require('mapdirect/rdma');
 * try {
 *   RemoteMemory.from(Buffer.alloc(64));
 * } catch (error) {
 *   console.log(error.code); // ERR_RDMA_FORMAT
 * }
 */
export class RemoteMemory {
  readonly #descriptor: MemoryDescriptor;

  static {
    descriptorOf = (memory) => memory.#descriptor;
    isRemoteMemory = (value): value is RemoteMemory =>
      typeof value === 'object' && value !== null && #descriptor in value;
  }

  private constructor(key?: typeof KEY, descriptor?: MemoryDescriptor) {
    if (key !== KEY || descriptor === undefined)
      throw illegalConstructor('RemoteMemory', 'RemoteMemory.from(descriptor) makes a RemoteMemory');
    this.#descriptor = descriptor;
  }

  /**
   * Reads a descriptor. Nothing is sent: whether the memory is still registered shows at the first operation.
   *
   * @param descriptor - The 64 bytes of `registration.descriptor()`.
   * @throws ERR_RDMA_FORMAT: not such bytes, damaged ones, or of another version; ERR_INVALID_ARG_TYPE.
   * @example
   * const { RemoteMemory } = require('mapdirect/rdma');
   * const read = (bytes) => RemoteMemory.from(bytes).length;
   * console.log(typeof read); // function
   */
  static from(descriptor: Uint8Array): RemoteMemory {
    if (!isUint8Array(descriptor)) throw invalidType('descriptor', 'an instance of Buffer or Uint8Array', descriptor);
    return new RemoteMemory(KEY, decodeDescriptor(descriptor));
  }

  /** In bytes. */
  get length(): number {
    return this.#descriptor.length;
  }

  /** What the owner allows. */
  get access(): readonly RdmaAccess[] {
    return this.#descriptor.access;
  }

  /** 'flush': Endpoint.persist() makes stores durable there. 'none': only the owner can, by mapping.persist(). */
  get persistence(): 'flush' | 'none' {
    return this.#descriptor.persistence;
  }

  /**
   * A part of the memory. This narrows what a piece of code can address by mistake. It is no protection: the key opens
   * the whole registration.
   *
   * @param offset - In bytes from the start.
   * @param length - In bytes, > 0.
   * @throws ERR_OUT_OF_RANGE, ERR_INVALID_ARG_TYPE.
   * @example
   * const { RemoteMemory } = require('mapdirect/rdma');
   * const firstPage = (bytes) => RemoteMemory.from(bytes).slice(0, 4096);
   * console.log(typeof firstPage); // function
   */
  slice(offset: number, length: number): RemoteMemory {
    checkPositiveSize(length, 'length');
    checkRange(offset, length, this.length);
    const whole = this.#descriptor;
    return new RemoteMemory(KEY, { ...whole, address: whole.address + BigInt(offset), length });
  }

  /** For JSON.stringify() and loggers: never the key. */
  toJSON(): RemoteMemorySummary {
    const { length, access, persistence } = this;
    return { length, access, persistence };
  }

  /** One line for console.log() and util.inspect(): never the key. */
  [inspect.custom](_depth: number, options: InspectOptionsStylized, print: typeof inspect): string {
    const info = #descriptor in this ? { ...this.toJSON(), access: this.access.join(' ') } : undefined;
    return inOneLine('RemoteMemory', info, options, print);
  }

  get [Symbol.toStringTag](): string {
    return 'RemoteMemory';
  }
}

/** @throws ERR_INVALID_ARG_TYPE. @internal */
export function checkRemoteMemory(value: unknown, name: string): MemoryDescriptor {
  if (!isRemoteMemory(value)) throw invalidType(name, 'a RemoteMemory', value);
  return descriptorOf(value);
}
