import { checkOptions } from '../core/check-options.js';
import { checkInteger } from '../core/validators.js';
import { checkAccept, type RdmaAccess } from './access.js';

/** Options of {@link VerbsDomain.endpoint}. */
export interface EndpointOptions {
  /** Requests that are with the device at once; the others wait in order. Default: 64. */
  depth?: number | undefined;
  /** Milliseconds until a silent peer is unreachable; about, since devices have steps of factor 2. Default: 2000. */
  timeout?: number | undefined;
  /** What the peer may do here, with a key of this domain. Default: nothing. */
  accept?: readonly RdmaAccess[] | undefined;
}

const DEPTH = 64;
const MOST_DEPTH = 4096;
const TIMEOUT = 2000;
const LONGEST_TIMEOUT = 3_600_000;

export interface EndpointRequest {
  readonly depth: number;
  readonly timeout: number;
  readonly accept: readonly RdmaAccess[];
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE. */
export function parseEndpointOptions(options: unknown, mostRequests: number): EndpointRequest {
  const given = checkOptions<EndpointOptions>(options, 'options', ['depth', 'timeout', 'accept']);
  const { depth = Math.min(DEPTH, mostRequests), timeout = TIMEOUT } = given;
  checkInteger(depth, 'options.depth', 1, Math.min(MOST_DEPTH, mostRequests));
  checkInteger(timeout, 'options.timeout', 1, LONGEST_TIMEOUT);
  return { depth, timeout, accept: checkAccept(given.accept, 'options.accept') };
}
