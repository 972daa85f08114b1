import { invalidType } from '../core/errors.js';
import { checkOneOf } from '../core/validators.js';
import type { RegistrationAccess } from '../registration/provider.js';

/** What a peer may do with memory. */
export type RdmaAccess = 'remote-read' | 'remote-write' | 'remote-atomic' | 'remote-flush';

export const REMOTE: readonly RdmaAccess[] = Object.freeze([
  'remote-read',
  'remote-write',
  'remote-atomic',
  'remote-flush',
]);

/** The bits of ibv_reg_mr() and ibv_modify_qp(). */
export const verbsBits = Object.freeze({
  localWrite: 1,
  remoteWrite: 2,
  remoteRead: 4,
  remoteAtomic: 8,
  onDemand: 64,
  flushVisible: 256,
  flushPersistent: 512,
});

/** The bits of a list, without those of 'remote-flush'. Verbs refuses remote stores to memory without local-write. */
export function memoryBits(access: readonly RegistrationAccess[]): number {
  let bits = 0;
  if (access.includes('local-write')) bits |= verbsBits.localWrite;
  if (access.includes('remote-read')) bits |= verbsBits.remoteRead;
  if (access.includes('remote-write')) bits |= verbsBits.remoteWrite | verbsBits.localWrite;
  if (access.includes('remote-atomic')) bits |= verbsBits.remoteAtomic | verbsBits.localWrite;
  return bits;
}

/** The bits in a descriptor. They are our own: bit n is the n-th word of {@link REMOTE}. */
export function toWireBits(access: readonly RegistrationAccess[]): number {
  return REMOTE.reduce((bits, word, n) => (access.includes(word) ? bits | (1 << n) : bits), 0);
}

/** undefined: there are unknown bits. */
export function fromWireBits(bits: number): readonly RdmaAccess[] | undefined {
  if (bits >>> REMOTE.length !== 0) return undefined;
  return Object.freeze(REMOTE.filter((_, n) => (bits & (1 << n)) !== 0));
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. */
export function checkAccept(accept: unknown, name: string): readonly RdmaAccess[] {
  if (accept === undefined) return [];
  if (!Array.isArray(accept)) throw invalidType(name, 'an array', accept);
  return Array.from(accept, (word: unknown, n) => checkOneOf(word, `${name}[${n}]`, REMOTE));
}
