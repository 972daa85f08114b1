// Own programs with the faults of examples and tests of pmem/pmdk.
import type { Mapping } from '../../../lib/index.js';
import { get, getAll, put, type Entry, type Wrong } from './entry.js';

const HEAD = 0;
const NEXT = 8; // of a node: its value, then the place of the next one

/** The values of a list. @throws if a node is one that nothing was stored into. */
function valuesOf(mapping: Mapping): number[] {
  const values: number[] = [];
  for (let node = get(mapping, HEAD); node !== 0; node = get(mapping, node + NEXT)) {
    if (get(mapping, node) === 0) throw new Error(`the node at ${node} has no value`);
    values.push(get(mapping, node));
  }
  return values;
}

function insertNode(mapping: Mapping, number: number): number {
  const node = 64 * number;
  put(mapping, node, number);
  put(mapping, node + NEXT, get(mapping, HEAD));
  return node;
}

const list = {
  size: 4096,
  recover: valuesOf,
  invariant: (values: unknown, acks: readonly unknown[]) => (values as number[]).length >= acks.length,
};

/** src/test/pmreorder_list */
export const listWrong: Wrong = {
  ...list,
  name: 'pmreorder_list: the head is stored before the node is durable',
  workload(mapping, ack) {
    for (const number of [1, 2]) {
      const node = insertNode(mapping, number);
      put(mapping, HEAD, node);
      mapping.persist(HEAD, 8);
      mapping.persist(node, 16);
      ack();
    }
  },
  kind: 'recovery',
  present: [0],
  absent: [64],
};
export const listMended: Entry = {
  ...list,
  name: 'pmreorder_list, mended',
  workload(mapping, ack) {
    for (const number of [1, 2]) {
      const node = insertNode(mapping, number);
      mapping.persist(node, 16);
      mapping.persistWord(HEAD, node);
      ack();
    }
  },
};

const FLAG = 0;
const FIELDS = 64;
const simple = {
  size: 4096,
  recover: (mapping: Mapping) => [get(mapping, FLAG), ...getAll(mapping, FIELDS, 3)],
  invariant: (state: unknown, acks: readonly unknown[]) => {
    const [flag, ...fields] = state as number[];
    return flag === 1 ? fields.join() === '1,2,3' : acks.length === 0;
  },
};

function storeFields(mapping: Mapping): void {
  for (const field of [1, 2, 3]) put(mapping, FIELDS + 8 * (field - 1), field);
}

/** src/test/pmreorder_simple */
export const simpleWrong: Wrong = {
  ...simple,
  name: 'pmreorder_simple: the flag and its fields in one persist',
  workload(mapping, ack) {
    storeFields(mapping);
    put(mapping, FLAG, 1);
    mapping.persist(0, 128);
    ack();
  },
  kind: 'invariant',
  present: [0],
  absent: [80],
};
export const simpleMended: Entry = {
  ...simple,
  name: 'pmreorder_simple, mended',
  workload(mapping, ack) {
    storeFields(mapping);
    mapping.persist(FIELDS, 24);
    mapping.persistWord(FLAG, 1);
    ack();
  },
};

const APPLY = 8; // the count of entries is at 0
const ENTRIES = 64; // the place of a word, and its new value
const DATA = 512; // two words that change together

function applyLog(mapping: Mapping): void {
  for (let entry = 0; entry < get(mapping, 0); entry++) {
    const [place = 0, value = 0] = getAll(mapping, ENTRIES + 16 * entry, 2);
    if (place !== 0) put(mapping, place, value);
  }
  mapping.persist(DATA, 16);
  mapping.persistWord(APPLY, 0);
}

function logEntries(mapping: Mapping, value: number): void {
  for (const entry of [0, 1]) {
    put(mapping, ENTRIES + 16 * entry, DATA + 8 * entry);
    put(mapping, ENTRIES + 16 * entry + 8, value);
  }
  put(mapping, 0, 2);
}

const redo = {
  size: 4096,
  recover(mapping: Mapping) {
    if (get(mapping, APPLY) === 1) applyLog(mapping);
    return getAll(mapping, DATA, 2);
  },
  invariant: (state: unknown, acks: readonly unknown[]) => {
    const [one = 0, other] = state as number[];
    return one === other && one >= acks.length;
  },
};

/** src/examples/libpmem2/redo/redo.c */
export const redoWrong: Wrong = {
  ...redo,
  name: 'redo.c: another range is persisted in place of the log',
  workload(mapping, ack) {
    for (const value of [1, 2]) {
      logEntries(mapping, value);
      mapping.persist(1024, 8); // there: the pointer to the log, a local variable
      mapping.persistWord(APPLY, 1);
      applyLog(mapping);
      ack();
    }
  },
  kind: 'invariant',
  present: [0, 64, 72, 8],
  absent: [88],
};
export const redoMended: Entry = {
  ...redo,
  name: 'redo.c, mended',
  workload(mapping, ack) {
    for (const value of [1, 2]) {
      logEntries(mapping, value);
      mapping.persist(0, ENTRIES + 32);
      mapping.persistWord(APPLY, 1);
      applyLog(mapping);
      ack();
    }
  },
};
