// The redo log of PMDK's src/examples/libpmem2/redo/redo.c, which makes the changes of a doubly linked list atomic.
import type { Mapping } from '../../../lib/index.js';
import { put, type Entry, type Wrong } from './entry.js';

// The state of the log, in a line of its own; its entries: place and new value of a word; then the list.
const LAST = 0;
const APPLY = 8;
const STATE = 64;
const ENTRIES = 64;
const ENTRY = 16;
const HEAD = 128;
const USED = 144;
/** In a sector of their own, unlike there: of more than 8 words of a sector a check would leave contents out. */
const NODES = 512;
/** The words of a node: id, previous, next, key, value. */
const NODE = 40;
const PREVIOUS = 8;
const NEXT = 16;
const KEY = 24;
const VALUE = 32;
const NONE = -1;

function get(mapping: Mapping, offset: number): number {
  return Number(mapping.view(offset, 8).readBigInt64LE());
}

function nodeAt(id: number): number {
  return NODES + NODE * id;
}

/** Makes a log durable that is complete. */
type Commit = (mapping: Mapping, bytes: number) => void;

function addEntry(mapping: Mapping, place: number, value: number): void {
  const entry = ENTRIES + ENTRY * get(mapping, LAST);
  put(mapping, LAST, get(mapping, LAST) + 1);
  put(mapping, entry, place);
  put(mapping, entry + 8, value);
}

function commitLog(mapping: Mapping, persistLog: Commit): void {
  persistLog(mapping, STATE + ENTRY * get(mapping, LAST));
  put(mapping, APPLY, 1);
  mapping.persist(APPLY, 1);
}

function applyLog(mapping: Mapping): void {
  if (get(mapping, APPLY) !== 0) {
    for (let entry = 0; entry < get(mapping, LAST); entry++) {
      const place = get(mapping, ENTRIES + ENTRY * entry);
      put(mapping, place, get(mapping, ENTRIES + ENTRY * entry + 8));
      mapping.flush(place, 8);
    }
    mapping.drain();
  }
  mapping.fill(0, 0, STATE);
}

/** The node with the smallest key that is not smaller than `key`, and the one before it. */
function neighbours(mapping: Mapping, key: number): { next: number; previous: number } {
  let previous = NONE;
  let next = get(mapping, USED) === 0 ? NONE : get(mapping, HEAD);
  while (next !== NONE && get(mapping, nodeAt(next) + KEY) < key) {
    previous = next;
    next = get(mapping, nodeAt(next) + NEXT);
  }
  return { next, previous };
}

/** The node itself needs no log: nothing leads to it before the log is applied. */
function add(mapping: Mapping, key: number, persistLog: Commit): void {
  const id = get(mapping, USED);
  const node = nodeAt(id);
  const { next, previous } = neighbours(mapping, key);
  put(mapping, node + NEXT, next);
  put(mapping, node + PREVIOUS, previous);
  put(mapping, node + KEY, key);
  put(mapping, node + VALUE, 10 * key);
  put(mapping, node, id);
  addEntry(mapping, USED, id + 1);
  if (next !== NONE) addEntry(mapping, nodeAt(next) + PREVIOUS, id);
  addEntry(mapping, previous === NONE ? HEAD : nodeAt(previous) + NEXT, id);
  mapping.flush(node, NODE);
  commitLog(mapping, persistLog);
  applyLog(mapping);
}

/** The keys, in the order of the list. @throws if it is no list of all nodes in use: `redo check`, and the way back. */
function keysOf(mapping: Mapping): number[] {
  const used = get(mapping, USED);
  const keys: number[] = [];
  let previous = NONE;
  for (let id = used === 0 ? NONE : get(mapping, HEAD); id !== NONE; id = get(mapping, nodeAt(id) + NEXT)) {
    if (id >= used || keys.length === used) throw new Error(`node ${id} is not in use, or twice in the list`);
    if (get(mapping, nodeAt(id) + PREVIOUS) !== previous) throw new Error(`node ${id} does not lead back`);
    keys.push(get(mapping, nodeAt(id) + KEY));
    previous = id;
  }
  if (keys.length < used) throw new Error(`${used} nodes are in use, and ${keys.length} are in the list`);
  return keys;
}

const KEYS = [30, 10, 20];

const redo = (persistLog: Commit): Omit<Entry, 'name'> => ({
  size: 4096,
  workload(mapping, ack) {
    applyLog(mapping);
    for (const key of KEYS) {
      add(mapping, key, persistLog);
      ack(key);
    }
  },
  recover(mapping) {
    applyLog(mapping);
    return keysOf(mapping);
  },
  invariant: (keys, acks) => acks.every((key) => (keys as unknown[]).includes(key)),
});

/** redo_commit() persists the address of a local variable, `&redo`: another range, and as many bytes. */
export const redoWrong: Wrong = {
  ...redo((mapping, bytes) => mapping.persist(2048, bytes)),
  name: 'redo.c: another range is persisted in place of the log',
  kind: 'recovery',
  present: [72, 80, 0, 8],
  absent: [104],
};
export const redoMended: Entry = {
  ...redo((mapping, bytes) => mapping.persist(0, bytes)),
  name: 'redo.c, mended',
};
