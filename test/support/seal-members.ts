import type { Seal } from '../../lib/index.js';

/** A call of each public member of Seal. All of them answer, before and after the end of the seal. */
export const sealUses: Readonly<Record<string, (seal: Seal) => unknown>> = {
  policy: (seal) => seal.policy,
  enforcement: (seal) => seal.enforcement,
  state: (seal) => seal.state,
  extents: (seal) => seal.extents,
  verify: (seal) => seal.verify(),
  release: (seal) => seal.release(),
  toJSON: (seal) => seal.toJSON(),
};

export const sealMembers: readonly string[] = Object.keys(sealUses);
