// The lists of members in test/support are complete: the prototypes say so, and the declarations that users see.
import { expect, test } from '@jest/globals';
import { Mapping, Registration, Seal } from '../../lib/index.js';
import { Endpoint, RemoteMemory, VerbsDomain } from '../../lib/rdma/index.js';
import { CrashReport, CrashSimulator } from '../../lib/testing/index.js';
import { mappingDeclarations, publicMembers } from '../support/declarations.js';
import { freeMembers, usesOfMemory } from '../support/mapping-uses.js';
import { rdmaMembers } from '../support/rdma-members.js';
import { registrationMembers } from '../support/registration-members.js';
import { sealMembers } from '../support/seal-members.js';
import { testingMembers } from '../support/testing-members.js';

/** Members of the prototype that users do not see. */
const internal = {
  Mapping: [
    'addSeal',
    'announce',
    'beforeListener',
    'bringIn',
    'checkFaults',
    'checkLease',
    'checkUndrained',
    'copyOf',
    'copyOut',
    'defaultLength',
    'dropRequests',
    'fence',
    'flushNow',
    'noteFaults',
    'refuseLost',
    'openWindows',
    'queueFlush',
    'requests',
    'sealOffThread',
    'sealRequest',
    'setFenceChecked',
    'watchFaults',
    'wordCall',
  ],
  Seal: [],
};

/** The members of a class and of the classes of lib/mapping that it extends. */
function onPrototype({ prototype }: { readonly prototype: object }): string[] {
  const names: string[] = [];
  for (
    let at = prototype;
    !Object.hasOwn(at, 'emit') && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object
  ) {
    names.push(...Object.getOwnPropertyNames(at).filter((name) => name !== 'constructor'));
  }
  return names;
}

test.each([
  [Mapping.name, Mapping, [...Object.keys(usesOfMemory), ...freeMembers], internal.Mapping, mappingDeclarations],
  [Seal.name, Seal, sealMembers, internal.Seal, ['seals/seal.d.ts']],
  [Registration.name, Registration, registrationMembers, ['beforeListener'], ['registration/registration.d.ts']],
  [Endpoint.name, Endpoint, rdmaMembers.Endpoint, [], ['rdma/endpoint.d.ts']],
  [VerbsDomain.name, VerbsDomain, rdmaMembers.VerbsDomain, [], ['rdma/domain.d.ts']],
  [RemoteMemory.name, RemoteMemory, rdmaMembers.RemoteMemory, [], ['rdma/remote-memory.d.ts']],
  [CrashSimulator.name, CrashSimulator, testingMembers.CrashSimulator, [], ['testing/crash-simulator.d.ts']],
] as const)('every member of %s has a place in the list of its uses', (_name, type, listed, hidden, declarations) => {
  const known = new Set<string>([...listed, ...hidden]);
  expect(onPrototype(type).filter((name) => !known.has(name))).toEqual([]);
  expect(declarations.flatMap(publicMembers).sort()).toEqual([...listed].sort());
});

test('every member of CrashReport has a place in the list of its uses', () => {
  const report = new CrashReport(true, 0, 0, [], []);
  const { CrashReport: listed } = testingMembers;
  expect([...Object.keys(report), ...onPrototype(CrashReport)].sort()).toEqual([...listed].sort());
});
