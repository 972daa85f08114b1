import { errno, invalidType, outOfRange, systemError } from '../core/errors.js';
import { checkRange } from '../core/range.js';
import { checkPositiveSize } from '../core/validators.js';
import { WORD_BYTES } from '../core/word.js';
import type { RdmaAccess } from './access.js';
import type { MemoryDescriptor } from './descriptor.js';
import { checkRemoteMemory } from './remote-memory.js';

const LARGEST = 2n ** 64n - 1n;
const LEAST = -(2n ** 63n);

/** A range of remote memory that an operation uses. */
export interface RemoteRange {
  readonly key: number;
  readonly address: bigint;
}

/** @throws ERR_OUT_OF_RANGE, EACCES: the memory lacks the right. */
export function remoteRange(
  memory: MemoryDescriptor,
  name: string,
  offset: number,
  length: number,
  needs: RdmaAccess,
): RemoteRange {
  checkPositiveSize(length, 'length');
  checkRange(offset, length, memory.length);
  if (!memory.access.includes(needs))
    throw systemError(errno.EACCES, 'ibv_post_send', undefined, `${name} was registered without '${needs}'`);
  return { key: memory.key, address: memory.address + BigInt(offset) };
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE unless it fits 64 bits, signed or not. */
export function checkWord(value: unknown, name: string): bigint {
  if (typeof value !== 'bigint') throw invalidType(name, 'of type bigint', value);
  if (value < LEAST || value > LARGEST) throw outOfRange(name, '>= -(2n ** 63n) and < 2n ** 64n', value);
  return BigInt.asUintN(64, value);
}

/** 8 bytes at a multiple of 8. @throws as {@link remoteRange}, ERR_INVALID_ARG_TYPE. */
export function wordRange(to: unknown, offset: number, needs: RdmaAccess): RemoteRange {
  const memory = checkRemoteMemory(to, 'to');
  const range = remoteRange(memory, 'to', offset, WORD_BYTES, needs);
  if (range.address % BigInt(WORD_BYTES) !== 0n) throw outOfRange('offset', `a multiple of ${WORD_BYTES}`, offset);
  return range;
}
