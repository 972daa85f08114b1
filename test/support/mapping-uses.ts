import type { Mapping } from '../../lib/index.js';

type Use = (mapping: Mapping) => unknown;

/**
 * Calls of each public member of Mapping that needs the memory. A mapping that is closed, and one that is fenced, must
 * refuse each. test/contract/members.test.ts finds a member that is neither here nor in {@link freeMembers}.
 */
export const usesOfMemory: Readonly<Record<string, readonly Use[]>> = {
  address: [(mapping) => mapping.address],
  buffer: [(mapping) => mapping.buffer],
  view: [(mapping) => mapping.view(), (mapping) => mapping.view(0, 1), (mapping) => mapping.view(0, 0)],
  arrayBuffer: [(mapping) => mapping.arrayBuffer(), (mapping) => mapping.arrayBuffer(0, 1)],
  persist: [(mapping) => mapping.persist(), (mapping) => mapping.persist(0, 0)],
  flush: [(mapping) => mapping.flush(), (mapping) => mapping.flush(0, 0)],
  drain: [(mapping) => mapping.drain()],
  persistRanges: [(mapping) => mapping.persistRanges([[0, 1]]), (mapping) => mapping.persistRanges([])],
  write: [(mapping) => mapping.write(Buffer.from('x'), 0), (mapping) => mapping.write(Buffer.alloc(0), 0)],
  fill: [(mapping) => mapping.fill(0), (mapping) => mapping.fill(0, 0, 0)],
  persistWord: [(mapping) => mapping.persistWord(0, 1), (mapping) => mapping.persistWord(0, 1n)],
  deepPersist: [(mapping) => mapping.deepPersist(), (mapping) => mapping.deepPersist(0, 0)],
  persistAsync: [(mapping) => mapping.persistAsync(), (mapping) => mapping.persistAsync(0, 0)],
  advise: [(mapping) => mapping.advise('normal'), (mapping) => mapping.advise('normal', 0, 0)],
  prefetch: [(mapping) => mapping.prefetch(), (mapping) => mapping.prefetch(0, 0)],
  populate: [(mapping) => mapping.populate(), (mapping) => mapping.populate(0, 0)],
  residency: [(mapping) => mapping.residency(), (mapping) => mapping.residency(0, 0)],
  badBlocks: [(mapping) => mapping.badBlocks()],
  lock: [(mapping) => mapping.lock(), (mapping) => mapping.lock(0, 0)],
  unlock: [(mapping) => mapping.unlock(), (mapping) => mapping.unlock(0, 0)],
  wait: [(mapping) => mapping.wait(0, 1, 0)],
  waitAsync: [(mapping) => mapping.waitAsync(0, 1)],
  notify: [(mapping) => mapping.notify(0), (mapping) => mapping.notify(0, 0)],
  resize: [(mapping) => mapping.resize(1), (mapping) => mapping.resize(0)],
  remap: [(mapping) => mapping.remap()],
  pin: [(mapping) => mapping.pin()],
  createReadStream: [(mapping) => mapping.createReadStream(), (mapping) => mapping.createReadStream({ start: 1 })],
  sharedArrayBuffer: [(mapping) => mapping.sharedArrayBuffer(), (mapping) => mapping.sharedArrayBuffer(0, 1)],
  register: [(mapping) => mapping.register(), (mapping) => mapping.register({ length: 1 })],
  share: [(mapping) => mapping.share()],
  seal: [(mapping) => mapping.seal(), (mapping) => mapping.seal({ enforcement: 'advisory' })],
  sealAsync: [(mapping) => mapping.sealAsync(), (mapping) => mapping.sealAsync({ enforcement: 'advisory' })],
};

/** The public members of Mapping that answer in every state. */
export const freeMembers: readonly string[] = [
  'access',
  'close',
  'closeAsync',
  'closed',
  'durability',
  'faulted',
  'fd',
  'flags',
  'length',
  'offset',
  'path',
  'seals',
  'toJSON',
];

/** Every call, for test.each(). */
export const memoryUses: readonly (readonly [title: string, name: string, use: Use])[] = Object.entries(
  usesOfMemory,
).flatMap(([name, uses]) => uses.map((use, at) => [`${name} (${at + 1})`, name, use] as const));

/** Makes a call that returns a value or a promise, or throws. @returns a promise of all three. */
export async function resultOf(use: Use, mapping: Mapping): Promise<unknown> {
  return use(mapping);
}
