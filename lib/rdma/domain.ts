import { inspect, type InspectOptionsStylized } from 'node:util';
import { checkOptions } from '../core/check-options.js';
import { illegalConstructor } from '../core/errors.js';
import { inOneLine } from '../core/inspect-line.js';
import { LazyEmitter } from '../core/lazy-emitter.js';
import { checkInteger, checkString } from '../core/validators.js';
import { endRegistrationsOf } from '../registration/records.js';
import { PROVIDER, type RegistrationDomain, type RegistrationProvider } from '../registration/provider.js';
import type { DomainRequest } from './choose-port.js';
import { deviceEvents } from './device-events.js';
import { makeEndpoint, failEndpoint, type Endpoint } from './endpoint.js';
import { parseEndpointOptions, type EndpointOptions } from './endpoint-options.js';
import { RdmaError } from './errors.js';
import { LARGEST_INDEX } from './gid.js';
import { OpenDomain } from './open-domain.js';
import { QueuePair } from './queue-pair.js';
import { VerbsProvider } from './verbs-provider.js';

/** Options of {@link VerbsDomain.open}. */
export interface DomainOptions {
  /** The name, for instance 'rxe0' or 'mlx5_0'. Default: the first device with an active port. */
  device?: string | undefined;
  /** The number of the port, counted from 1. Default: the first active one. */
  port?: number | undefined;
  /** The index in the port's address table. Default: RoCE v2 over IPv4, where there is one. */
  gidIndex?: number | undefined;
}

/** Events of a {@link VerbsDomain}. */
export interface DomainEvents {
  /** The device is gone: every registration and every endpoint of the domain is invalid. */
  fatal: { readonly device: string };
}

const LARGEST_PORT = 255;

const NOT_CLONED = Symbol('A VerbsDomain belongs to its thread: another thread opens its own. A VerbsDomain');

// Only this file can give it to the constructor.
const KEY = Symbol('the key of the constructor');

function parseOpen(device: unknown): DomainRequest {
  const given =
    typeof device === 'string'
      ? { device }
      : checkOptions<DomainOptions>(device, 'device', ['device', 'port', 'gidIndex']);
  const { port, gidIndex } = given as DomainOptions;
  if (given.device !== undefined) checkString(given.device, 'device.device');
  if (port !== undefined) checkInteger(port, 'device.port', 1, LARGEST_PORT);
  if (gidIndex !== undefined) checkInteger(gidIndex, 'device.gidIndex', 0, LARGEST_INDEX);
  return { device: given.device, port, gidIndex };
}

/**
 * An open device with one protection domain. All memory that is registered in it can be reached by all peers of its
 * endpoints that know the key: use one domain for each circle of trust. Two domains of one process are apart.
 *
 * It ends with close() and with its thread. Garbage collection does not end it.
 *
 * Events:
 * - 'fatal' ({ device }): the device is gone. Every registration of the domain is invalid.
 *
 * @example
 * const { rdma, VerbsDomain } = require('mapdirect/rdma');
 * if (rdma.unavailable === undefined) {
 *   const domain = VerbsDomain.open();
 *   console.log(domain.device); // e.g. rxe0
 *   domain.close();
 * }
 */
export class VerbsDomain extends LazyEmitter<DomainEvents> implements Disposable, RegistrationDomain {
  readonly #open: OpenDomain;
  readonly #provider: VerbsProvider;
  readonly #endpoints = new Map<number, Endpoint>();

  private constructor(key?: typeof KEY, open?: OpenDomain) {
    super(NOT_CLONED);
    if (key !== KEY || open === undefined) throw illegalConstructor('VerbsDomain', 'VerbsDomain.open() makes one');
    this.#open = open;
    this.#provider = new VerbsProvider(open);
    deviceEvents.add(open.id, () => this.#deviceFailed());
  }

  /**
   * Opens a device. This loads libibverbs.
   *
   * @param device - A name, or {@link DomainOptions}. Default: the first device with an active port.
   * @throws ERR_RDMA_UNAVAILABLE: no libibverbs, or no native addon; ENODEV: no such device, or no active port; EACCES:
   *   no rights on /dev/infiniband; ENOENT: the device has no file there; EOPNOTSUPP: iWARP; EINVAL: no such port or
   *   address; ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE.
   * @example
   * const { VerbsDomain } = require('mapdirect/rdma');
   * try {
   *   VerbsDomain.open('no-such-device');
   * } catch (error) {
   *   console.log(error.code); // e.g. ENODEV
   * }
   */
  static open(device?: string | DomainOptions): VerbsDomain {
    return new VerbsDomain(KEY, OpenDomain.open(parseOpen(device)));
  }

  /** The name of the device. */
  get device(): string {
    return this.#open.device;
  }

  /** True after close(). */
  get closed(): boolean {
    return !this.#open.isOpen;
  }

  /** For Mapping.register(), and for nothing else. */
  get [PROVIDER](): RegistrationProvider {
    return this.#provider;
  }

  /**
   * Makes one end of a connection.
   *
   * @param options - See {@link EndpointOptions}. Without `accept` the peer can do nothing here.
   * @throws ERR_RDMA_CLOSED; ENOMEM: RLIMIT_MEMLOCK, or the device is full; ERR_INVALID_ARG_TYPE,
   *   ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE.
   * @example
   * const { rdma, VerbsDomain } = require('mapdirect/rdma');
   * if (rdma.unavailable === undefined) {
   *   const domain = VerbsDomain.open();
   *   const endpoint = domain.endpoint({ accept: ['remote-write', 'remote-flush'] });
   *   console.log(endpoint.local.length); // e.g. 48
   *   endpoint.close();
   *   domain.close();
   * }
   */
  endpoint(options?: EndpointOptions): Endpoint {
    const domain = this.#open.checkOpen();
    const request = parseEndpointOptions(options, domain.facts.mostRequests);
    const pair = new QueuePair(domain.checkOpen(), request);
    const { id } = pair;
    const endpoint = makeEndpoint({
      domain,
      pair,
      depth: request.depth,
      busyPoll: request.busyPoll,
      closed: () => {
        deviceEvents.delete(id);
        this.#endpoints.delete(id);
      },
    });
    this.#endpoints.set(id, endpoint);
    deviceEvents.add(id, () => failEndpoint(endpoint, this.#connectionError()));
    return endpoint;
  }

  #connectionError(): RdmaError {
    return new RdmaError(
      'ERR_RDMA_REMOTE_ACCESS',
      `${this.device}: the device ended the connection after an operation of the peer that was not allowed here, or after a failure of its own`,
    );
  }

  #deviceFailed(): void {
    const error = new RdmaError('ERR_RDMA_STATUS', `${this.device}: the device is gone`);
    for (const endpoint of this.#endpoints.values()) failEndpoint(endpoint, error);
    endRegistrationsOf(this.#open);
    this.emit('fatal', { device: this.device });
  }

  /**
   * Closes the device. A second call does nothing.
   *
   * @throws EBUSY: registrations or endpoints of the domain live.
   * @example
   * const { rdma, VerbsDomain } = require('mapdirect/rdma');
   * if (rdma.unavailable === undefined) {
   *   const domain = VerbsDomain.open();
   *   domain.close();
   *   console.log(domain.closed); // e.g. true
   * }
   */
  close(): void {
    this.#open.close();
    deviceEvents.delete(this.#open.id);
  }

  /** {@link close} at the end of a block with `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** One line for console.log() and util.inspect(). */
  [inspect.custom](_depth: number, options: InspectOptionsStylized, print: typeof inspect): string {
    const info = #open in this ? { device: this.device, closed: this.closed } : undefined;
    return inOneLine('VerbsDomain', info, options, print);
  }

  get [Symbol.toStringTag](): string {
    return 'VerbsDomain';
  }
}
