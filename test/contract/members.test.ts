// The lists of members in test/support are complete: the prototypes say so, and the declarations that users see.
import { expect, test } from '@jest/globals';
import { Mapping, Seal } from '../../lib/index.js';
import { publicMembers } from '../support/declarations.js';
import { freeMembers, usesOfMemory } from '../support/mapping-uses.js';
import { sealMembers } from '../support/seal-members.js';

/** Members of the prototype that users do not see. */
const internal = {
  Mapping: [
    'addSeal',
    'checkLease',
    'defaultLength',
    'dropRequests',
    'fence',
    'flushNow',
    'openWindows',
    'sealRequest',
    'setFenceChecked',
  ],
  Seal: [],
};

function onPrototype({ prototype }: { readonly prototype: object }): string[] {
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
}

test.each([
  [Mapping.name, Mapping, [...Object.keys(usesOfMemory), ...freeMembers], internal.Mapping, 'mapping/mapping.d.ts'],
  [Seal.name, Seal, sealMembers, internal.Seal, 'seals/seal.d.ts'],
] as const)('every member of %s has a place in the list of its uses', (_name, type, listed, hidden, declaration) => {
  const known = new Set<string>([...listed, ...hidden]);
  expect(onPrototype(type).filter((name) => !known.has(name))).toEqual([]);
  expect(publicMembers(declaration).sort()).toEqual([...listed].sort());
});
