// Witcher's bug 2: WOART, a radix tree, splits the path of a node (SeKwonLee/WORT, src/woart/woart.c, line 727).
import type { Mapping } from '../../../lib/index.js';
import { get, put, type Entry, type Wrong } from './entry.js';

/** The reference of the parent. */
const REF = 0;
const OLD = 64;
const NEW = 128;
const COPY = 192;
/** Of a node: the depth of its path, one word; then, of the new node, the place of its child. */
const CHILD = 8;
/** The new node takes so many bytes of the path. */
const TAKEN = 3;

/** The new node and the node below it, the depth of which must be the bytes that the path to it has taken. */
function descend(mapping: Mapping): { isNew: boolean; depth: number } {
  const top = get(mapping, REF);
  const isNew = top === NEW;
  return { isNew, depth: get(mapping, isNew ? get(mapping, top + CHILD) : top) };
}

const split = {
  size: 4096,
  setup: (mapping: Mapping) => put(mapping, REF, OLD),
  recover: descend,
  invariant: (state: unknown, acks: readonly unknown[]) => {
    const { isNew, depth } = state as ReturnType<typeof descend>;
    return depth === (isNew ? TAKEN : 0) && (isNew || acks.length === 0);
  },
};

export const pathWrong: Wrong = {
  ...split,
  name: 'Witcher 2: a reference and a path that must agree, flushed one after the other',
  workload(mapping, ack) {
    put(mapping, NEW + CHILD, OLD);
    mapping.persist(NEW, 16);
    put(mapping, REF, NEW);
    put(mapping, OLD, TAKEN);
    mapping.drain();
    mapping.flush(OLD, 8);
    mapping.flush(REF, 8);
    mapping.drain();
    ack();
  },
  kind: 'invariant',
  present: [0],
  absent: [64],
};
export const pathMended: Entry = {
  ...split,
  name: 'Witcher 2, mended: the new node leads to a copy with the new path',
  workload(mapping, ack) {
    put(mapping, COPY, TAKEN);
    put(mapping, NEW + CHILD, COPY);
    mapping.persist(NEW, COPY + 8 - NEW);
    mapping.persistWord(REF, NEW);
    ack();
  },
};
