import type { Verbs } from './verbs.js';

/** As src-native/rdma/endpoint.h numbers them. */
export const requestKinds = Object.freeze({
  write: 0,
  read: 1,
  flush: 2,
  writeAtomic: 3,
  compareExchange: 4,
  fetchAdd: 5,
});

/** Register 9 of rdmaPost(). */
export const placements = Object.freeze({ visible: 1, persistent: 2 });

/** Where the local bytes are: in a registration, which these two name. */
export interface LocalBytes {
  readonly localKey: number;
  readonly address: bigint;
  readonly offset: number;
}

/** One work request. */
export interface PostRequest {
  readonly operation: number;
  /** undefined: no local memory. */
  readonly local?: LocalBytes;
  readonly length: number;
  readonly key: number;
  readonly address: bigint;
  readonly operand?: bigint;
  readonly secondOperand?: bigint;
  readonly placement?: number;
}

/** Where a request goes. */
export interface PostPlace {
  readonly endpoint: number;
  /** Names the request in its completion. */
  readonly slot: number;
  /** Of the chain of requests that the device gets together. */
  readonly isLast: boolean;
}

/** @returns 0 or a negative errno: then no request of the chain was posted. */
export function post(
  { addon, numbers, integers }: Verbs,
  { endpoint, slot, isLast }: PostPlace,
  request: PostRequest,
): number {
  numbers[0] = request.operation;
  numbers[1] = slot;
  numbers[2] = request.local?.localKey ?? 0;
  numbers[3] = request.local?.offset ?? 0;
  numbers[4] = request.length;
  numbers[5] = request.key;
  integers[6] = request.address;
  integers[7] = request.operand ?? 0n;
  integers[8] = request.secondOperand ?? 0n;
  numbers[9] = request.placement ?? 0;
  integers[10] = request.local?.address ?? 0n;
  return addon.rdmaPost(endpoint, isLast ? 1 : 0);
}
