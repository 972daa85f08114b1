import type { CodedError } from '../core/errors.js';

/** The codes of {@link RdmaError}. */
export type RdmaErrorCode =
  | 'ERR_RDMA_CLOSED'
  | 'ERR_RDMA_FLUSHED'
  | 'ERR_RDMA_FORMAT'
  | 'ERR_RDMA_LOCAL_PROTECTION'
  | 'ERR_RDMA_REMOTE_ACCESS'
  | 'ERR_RDMA_STATE'
  | 'ERR_RDMA_STATUS'
  | 'ERR_RDMA_UNAVAILABLE'
  | 'ERR_RDMA_UNREACHABLE';

/** What the error belongs to. */
export interface RdmaErrorDetails {
  /** The status of the completion (ibv_wc_status), where the device reported one. */
  readonly status?: number | undefined;
  /** The method of the endpoint, for instance 'write'. */
  readonly operation?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A failure of RDMA that is no failed system call. `code` says which; docs/errors.md has a section for each. No message
 * and no field has a key or an address.
 */
export class RdmaError extends Error implements CodedError {
  /** docs/errors.md has a heading for each. */
  readonly code: RdmaErrorCode;
  /** The number that the device gives to the failure (ibv_wc_status). undefined: it reported none. */
  readonly status: number | undefined;
  /** The method of the endpoint: 'write'. undefined: the error belongs to none. */
  readonly operation: string | undefined;

  /** @internal */
  constructor(code: RdmaErrorCode, message: string, { status, operation, cause }: RdmaErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.operation = operation;
  }

  /** 'RdmaError'. */
  override get name(): string {
    return 'RdmaError';
  }
}

const REFUSED =
  'the peer refused it: the memory was deregistered or fenced, or its access does not allow this, or the endpoint of the peer does not accept it. The connection has ended: connect new endpoints';

const statuses: Readonly<Record<number, readonly [RdmaErrorCode, string]>> = {
  4: [
    'ERR_RDMA_LOCAL_PROTECTION',
    'the local registration does not allow it: it was fenced, or lacks local-write. The connection has ended',
  ],
  5: ['ERR_RDMA_FLUSHED', 'an earlier operation failed and ended the connection; whether this one was done is unknown'],
  9: ['ERR_RDMA_REMOTE_ACCESS', REFUSED],
  10: ['ERR_RDMA_REMOTE_ACCESS', REFUSED],
  11: ['ERR_RDMA_REMOTE_ACCESS', REFUSED],
  12: [
    'ERR_RDMA_UNREACHABLE',
    'the peer did not answer in time: its process or machine is gone, its endpoint is closed, or the network is cut. Whether it was done is unknown. The connection has ended',
  ],
};

/** The error of a completion with a status other than 0. */
export function statusError(operation: string, status: number, vendor: number, cause?: unknown): RdmaError {
  const [code, words] = statuses[status] ?? [
    'ERR_RDMA_STATUS',
    `the device reports status ${status} (${vendor} of its vendor). The connection has ended`,
  ];
  return new RdmaError(code, `${operation}: ${words}`, { status, operation, cause });
}

/** Operations that wait behind a failed one, or come later. */
export function flushedError(operation: string, cause: unknown): RdmaError {
  return new RdmaError('ERR_RDMA_FLUSHED', `${operation}: the endpoint has failed, and nothing of it was sent`, {
    operation,
    cause,
  });
}

export function closedError(what: string): RdmaError {
  return new RdmaError('ERR_RDMA_CLOSED', `${what} is closed`);
}

export function formatError(what: string, why: string): RdmaError {
  return new RdmaError('ERR_RDMA_FORMAT', `${what}: ${why}`);
}
