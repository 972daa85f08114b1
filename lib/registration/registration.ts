import type { FileHandle } from 'node:fs/promises';
import { inspect, type InspectOptionsStylized } from 'node:util';
import { errno, illegalConstructor, systemError } from '../core/errors.js';
import { inOneLine } from '../core/inspect-line.js';
import { checkRange } from '../core/range.js';
import { checkOpenFile } from '../core/target.js';
import { checkPositiveSize, checkSize } from '../core/validators.js';
import { LazyEmitter } from '../core/lazy-emitter.js';
import type { Seal } from '../seals/seal.js';
import type { RegistrationEvents } from './registration-events.js';
import type { RegistrationRecord } from './registration-record.js';

/** The plain data of a Registration that is printed or logged: never a key or an address. */
export interface RegistrationSummary {
  /** The file of the mapping. Missing: it has no name. */
  readonly path?: string;
  /** The way in which the memory was registered. */
  readonly provider: 'verbs' | 'lock' | 'io_uring';
  /** The start of the range in the mapping, in bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** The device brings pages in when it needs them, and pins none. */
  readonly onDemand: boolean;
  /** False after the end. */
  readonly valid: boolean;
}

const NOT_CLONED = Symbol('A Registration belongs to its thread; a peer needs its descriptor() only. A Registration');

// Only this file can give it to the constructor.
const KEY = Symbol('the key of the constructor');

let construct: (record: RegistrationRecord, facts: RegistrationView) => Registration;

/** What a Registration shows beside its record. @internal */
export interface RegistrationView {
  /** The seal that it relies on. */
  readonly seal: Seal | undefined;
  readonly reasons: readonly string[];
}

/**
 * Memory of a mapping that a device, or another user outside of JavaScript, may use by its address: {@link
 * Mapping.register}. While it is registered its seal cannot be released, and its mapping can be neither closed nor
 * resized (EBUSY).
 *
 * It ends with deregister(), with the end of its seal, and with the thread. The provider is told first: the pages, the
 * lock of the seal and its lease go when the provider has confirmed that no peer uses the memory. This holds while
 * JavaScript is blocked.
 *
 * Garbage collection does not end it, because a peer may count on it: the mapping stays, with the process warning
 * MAPDIRECT_LEAK.
 *
 * Events:
 * - 'break' ({ deadline, release() }): another user of the file waits. The registration is fenced after `deadline`
 *   milliseconds; release() deregisters it now.
 * - 'fenced' ({ reason }): it has ended without deregister(). 'broken': its seal gave way. 'violated': blocks moved
 *   under the seal. 'device': its device is gone. 'exit': the thread ends.
 *
 * An event never keeps the process alive.
 *
 * Not promised: that a user of the address outside of the provider stops. Provider 'lock' knows of none.
 *
 * @example
 * // Native only: the emulation has no memory that a device could reach.
 * const { map } = require('mapdirect');
 * const mapping = map('data.bin');
 * const registration = mapping.register({ length: 65536 });
 * registration.on('break', ({ release }) => release());
 * console.log(registration.provider, registration.valid); // lock true
 * registration.deregister();
 * mapping.close();
 */
export class Registration extends LazyEmitter<RegistrationEvents> implements Disposable {
  /** Hard private: keys are bearer tokens. */
  readonly #record: RegistrationRecord;
  readonly #view: RegistrationView;

  static {
    construct = (record, view) => new Registration(KEY, record, view);
  }

  private constructor(key?: typeof KEY, record?: RegistrationRecord, view?: RegistrationView) {
    super(NOT_CLONED);
    if (key !== KEY || record === undefined || view === undefined)
      throw illegalConstructor('Registration', 'mapping.register() makes a Registration');
    this.#record = record;
    this.#view = view;
    const self = new WeakRef(this); // the record outlives this object
    record.setEmitter((event, argument) => self.deref()?.emit(event, argument));
    dropped.register(this, record);
  }

  /** The address of the first byte as the device knows it; in this process for provider 'lock'. */
  get address(): bigint {
    return this.#record.parts.registered.address;
  }

  /** Bytes. */
  get length(): number {
    return this.#record.parts.length;
  }

  /** The key for operations of this process; undefined: the provider has none. */
  get localKey(): number | undefined {
    return this.#record.parts.registered.localKey;
  }

  /** The key for peers, a bearer token; undefined: the provider has none. */
  get remoteKey(): number | undefined {
    return this.#record.parts.registered.remoteKey;
  }

  /** 'verbs', 'lock' or 'io_uring'. */
  get provider(): 'verbs' | 'lock' | 'io_uring' {
    return this.#record.parts.provider;
  }

  /** The device faults pages in, and the kernel may take them back. Otherwise they are pinned or locked. */
  get onDemand(): boolean {
    return this.#record.parts.registered.onDemand;
  }

  /** Peers may use the memory. Becomes false at the begin of a fence, also while JavaScript is blocked. */
  get valid(): boolean {
    return this.#record.valid;
  }

  /** The seal that it relies on. undefined for memory without a file, which cannot be sealed. */
  get seal(): Seal | undefined {
    return this.#view.seal;
  }

  /** Why this provider, and why this way: one sentence each. */
  get reasons(): readonly string[] {
    return this.#view.reasons;
  }

  /**
   * What a peer needs to reach the memory. It contains a key: hand it over by a channel that you trust.
   *
   * @throws EOPNOTSUPP: provider 'lock' has no peers.
   * @example
   * // Native only: the emulation has no memory that a device could reach.
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const registration = mapping.register();
   * try {
   *   registration.descriptor();
   * } catch (error) {
   *   console.log(error.code); // EOPNOTSUPP
   * }
   * registration.deregister();
   * mapping.close();
   */
  descriptor(): Buffer {
    const { registered, path, provider } = this.#record.parts;
    if (registered.descriptor !== undefined) return registered.descriptor();
    throw systemError(errno.EOPNOTSUPP, 'descriptor', path, `provider '${provider}' has no peers`);
  }

  /**
   * Reads bytes of a file into the memory, past the event loop and its threads. Opened with O_DIRECT, the file is read
   * without a copy and without pinning pages for each read. Fewer bytes arrive at the end of the file. The file may be
   * closed when this has returned.
   *
   * @param file - A regular file or a block device: a descriptor or a FileHandle.
   * @param position - In the file, in bytes.
   * @param offset - In the registration, in bytes. O_DIRECT needs multiples of the block size, as pread(2) does.
   * @param length - In bytes, > 0. At most 2^31 - 4096 are read.
   * @returns The number of bytes.
   * @throws By rejection: EOPNOTSUPP: the provider is not 'io_uring'. EACCES: registered without 'local-write'. EAGAIN:
   *   256 transfers are under way. ECANCELED: the registration has ended. EINVAL: not such a file, or O_DIRECT is not
   *   aligned. EBADF, and other errors of pread(2). ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
   * @example
   * const { anonymous } = require('mapdirect');
   * const load = async (handle) => {
   *   const memory = anonymous(65536);
   *   const registration = memory.register({ provider: 'io_uring' });
   *   const bytes = await registration.read(handle, 0, 0, 65536);
   *   console.log(bytes, memory.buffer[0]);
   *   registration.deregister();
   *   memory.close();
   * };
   * console.log(typeof load); // function
   */
  read(file: number | FileHandle, position: number, offset: number, length: number): Promise<number> {
    return this.#transfer('read', file, position, offset, length);
  }

  /**
   * Writes bytes of the memory into a file, likewise. The bytes are in the file as after pwrite(2), and not durable.
   *
   * @param file - As read().
   * @param position - In the file, in bytes.
   * @param offset - In the registration, in bytes.
   * @param length - In bytes, > 0.
   * @returns The number of bytes.
   * @throws By rejection: as read(), without the need of 'local-write'; ENOSPC and other errors of pwrite(2).
   * @example
   * const { anonymous } = require('mapdirect');
   * const save = async (handle) => {
   *   const registration = anonymous(65536).register({ provider: 'io_uring' });
   *   await registration.write(handle, 0, 0, 65536);
   *   await handle.datasync();
   *   registration.deregister();
   * };
   * console.log(typeof save); // function
   */
  write(file: number | FileHandle, position: number, offset: number, length: number): Promise<number> {
    return this.#transfer('write', file, position, offset, length);
  }

  /** Not an async function: that would cost two more turns of the queue of promises for each of many small reads. */
  #transfer(
    operation: 'read' | 'write',
    file: number | FileHandle,
    position: number,
    offset: number,
    length: number,
  ): Promise<number> {
    const { transfers } = this.#record.parts.registered;
    try {
      const fd = checkOpenFile(file);
      checkSize(position, 'position');
      checkPositiveSize(length, 'length');
      checkRange(offset, length, this.length);
      if (transfers === undefined) throw this.#noTransfers(operation);
      if (operation === 'read') this.#checkStore();
      return transfers.transfer({ operation, fd, position, offset, length });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #noTransfers(operation: string): Error {
    const { path, provider } = this.#record.parts;
    const why = `provider '${provider}' moves no bytes between files and memory; register({ provider: 'io_uring' }) does`;
    return systemError(errno.EOPNOTSUPP, operation, path, why);
  }

  /** @throws EACCES. */
  #checkStore(): void {
    const { access, path } = this.#record.parts;
    if (!access.includes('local-write'))
      throw systemError(errno.EACCES, 'read', path, "the memory was registered without 'local-write'");
  }

  /**
   * Ends the registration: on return no peer uses the memory. A second call does nothing.
   *
   * @throws The registration stays after an error. EBUSY: operations of this process use the memory, or it is being
   *   fenced. The errno of the provider, which did not confirm the end: call it again.
   * @example
   * // Native only: the emulation has no memory that a device could reach.
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const registration = mapping.register();
   * registration.deregister();
   * console.log(registration.valid, mapping.seals.length); // false 0
   * mapping.close();
   */
  deregister(): void {
    this.#record.deregister();
  }

  /** {@link deregister} at the end of a block with `using`. */
  [Symbol.dispose](): void {
    this.deregister();
  }

  /** @internal */
  protected override beforeListener(): void {
    this.#record.hold(this);
  }

  /** For JSON.stringify() and loggers: without keys and addresses. Works after the end, too. */
  toJSON(): RegistrationSummary {
    const { path, provider, offset, length } = this.#record.parts;
    const { onDemand, valid } = this;
    return { ...(path === undefined ? {} : { path }), provider, offset, length, onDemand, valid };
  }

  /** One line for console.log() and util.inspect(), without keys and addresses. */
  [inspect.custom](_depth: number, options: InspectOptionsStylized, print: typeof inspect): string {
    return inOneLine('Registration', #record in this ? this.toJSON() : undefined, options, print);
  }

  get [Symbol.toStringTag](): string {
    return 'Registration';
  }
}

const dropped = new FinalizationRegistry<RegistrationRecord>((record) => record.warnOfLeak());

/** Makes the public object of a record. @internal */
export function registrationFor(record: RegistrationRecord, view: RegistrationView): Registration {
  return construct(record, view);
}
