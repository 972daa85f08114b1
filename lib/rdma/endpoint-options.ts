import { checkOptions } from '../core/check-options.js';
import { checkInteger } from '../core/validators.js';
import { checkAccept, type RdmaAccess } from './access.js';

/** Options of {@link VerbsDomain.endpoint}. */
export interface EndpointOptions {
  /** Requests that are with the device at once; the others wait in order. Default: 64. */
  depth?: number | undefined;
  /** Milliseconds until a silent peer is unreachable; about, since devices have steps of factor 2. Default: 2000. */
  timeout?: number | undefined;
  /**
   * Microseconds. So long an operation looks for its completion in each turn of the event loop, before it sleeps until
   * the device tells. To sleep costs two changes of threads, and to look keeps the processor busy. 0: never. At most
   * 1,000,000. Default: 50. As SO_BUSY_POLL in socket(7).
   */
  busyPoll?: number | undefined;
  /** What the peer may do here, with a key of this domain. Default: nothing. */
  accept?: readonly RdmaAccess[] | undefined;
}

const DEPTH = 64;
const MOST_DEPTH = 4096;
const TIMEOUT = 2000;
const LONGEST_TIMEOUT = 3_600_000;
const BUSY_POLL = 50;
const LONGEST_BUSY_POLL = 1_000_000;

export interface EndpointRequest {
  readonly depth: number;
  readonly timeout: number;
  readonly busyPoll: number;
  readonly accept: readonly RdmaAccess[];
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE. */
export function parseEndpointOptions(options: unknown, mostRequests: number): EndpointRequest {
  const given = checkOptions<EndpointOptions>(options, 'options', ['depth', 'timeout', 'busyPoll', 'accept']);
  const { depth = Math.min(DEPTH, mostRequests), timeout = TIMEOUT, busyPoll = BUSY_POLL } = given;
  checkInteger(depth, 'options.depth', 1, Math.min(MOST_DEPTH, mostRequests));
  checkInteger(timeout, 'options.timeout', 1, LONGEST_TIMEOUT);
  checkInteger(busyPoll, 'options.busyPoll', 0, LONGEST_BUSY_POLL);
  return { depth, timeout, busyPoll, accept: checkAccept(given.accept, 'options.accept') };
}
