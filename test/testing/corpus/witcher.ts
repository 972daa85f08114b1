// Own programs with the faults that cosmoss-jigu/witcher lists in bugs/sosp21-correctness-bugs.md, by their numbers.
import type { Mapping } from '../../../lib/index.js';
import { get, getAll, put, type Entry, type Wrong } from './entry.js';

const REF = 0;
const PATH = 64;

/** 2: WOART changes a reference and a path, which must agree. */
export const twoFieldsWrong: Wrong = {
  name: 'Witcher 2: two fields that must agree, flushed one after the other',
  size: 4096,
  workload(mapping, ack) {
    put(mapping, REF, 1);
    put(mapping, PATH, 1);
    mapping.flush(PATH, 8);
    mapping.flush(REF, 8);
    mapping.drain();
    ack();
  },
  recover: (mapping) => [get(mapping, REF), get(mapping, PATH)],
  invariant: (state) => new Set(state as number[]).size === 1,
  kind: 'invariant',
  present: [0],
  absent: [64],
};
export const twoFieldsMended: Entry = {
  ...twoFieldsWrong,
  name: 'Witcher 2, mended: one reference leads to both',
  workload(mapping, ack) {
    for (const value of [1, 2]) {
      put(mapping, 64 * value, value);
      put(mapping, 64 * value + 8, value);
      mapping.persist(64 * value, 16);
      mapping.persistWord(0, 64 * value);
      ack();
    }
  },
  recover: (mapping) => getAll(mapping, get(mapping, 0) || 1024, 2),
  invariant: (state, acks) => {
    const [one = 0, other] = state as number[];
    return one === other && one >= acks.length;
  },
};

const KEYS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const LINE = 64;

const shift = {
  size: 4096,
  setup: (mapping: Mapping) => KEYS.forEach((key, index) => put(mapping, 8 * index, key)),
  recover: (mapping: Mapping) => [...new Set(getAll(mapping, 0, KEYS.length + 1))].filter((key) => key !== 0).join(),
  invariant: (keys: unknown, acks: readonly unknown[]) => {
    const after = KEYS.slice(1).join();
    return keys === after || (acks.length === 0 && keys === KEYS.join());
  },
};

/** 3: FAST_FAIR removes a key. The keys behind it move to the left. */
export const shiftWrong: Wrong = {
  ...shift,
  name: 'Witcher 3: a shift flushes a line before its last words are stored',
  workload(mapping, ack) {
    for (let index = 0; index < KEYS.length; index++) {
      put(mapping, 8 * index, get(mapping, 8 * index + 8));
      if ((8 * index) % LINE === 0) mapping.persist(8 * index, LINE);
    }
    ack();
  },
  kind: 'invariant',
  present: [16],
  absent: [8],
};
export const shiftMended: Entry = {
  ...shift,
  name: 'Witcher 3, mended: each word is durable before the next one moves',
  workload(mapping, ack) {
    for (let index = 0; index < KEYS.length; index++) mapping.persistWord(8 * index, get(mapping, 8 * index + 8));
    ack();
  },
};

/** A bucket of Level-Hashing: a word of tokens, a bit for each slot; in the next line the slots: key and value. */
function slotOf(bucket: number, slot: number): number {
  return bucket + 64 + 16 * slot;
}

function storeSlot(mapping: Mapping, place: number, key: number, value: number): void {
  put(mapping, place, key);
  put(mapping, place + 8, value);
}

/** The items of the buckets at 0 and 512. @throws for a token without its key and value. */
function itemsOf(mapping: Mapping): ReadonlyMap<number, number> {
  const items = new Map<number, number>();
  for (const bucket of [0, 512]) {
    for (let slot = 0; slot < 4; slot++) {
      if (((get(mapping, bucket) >> slot) & 1) === 0) continue;
      const [key = 0, value = 0] = getAll(mapping, slotOf(bucket, slot), 2);
      if (key === 0 || value === 0) throw new Error(`slot ${slot} of the bucket at ${bucket} has a token and no item`);
      items.set(key, value);
    }
  }
  return items;
}

const insert = {
  size: 4096,
  recover: itemsOf,
  invariant: (items: unknown, acks: readonly unknown[]) =>
    acks.every((key) => (items as Map<unknown, number>).has(key)),
};

/** The item with key 7 gets this slot of bucket 0. Its token is stored before it is durable. */
function tokenBeforeItem(slot: number, value: number): Entry['workload'] {
  return (mapping, ack) => {
    storeSlot(mapping, slotOf(0, slot), 7, value);
    put(mapping, 0, 2 ** slot);
    mapping.flush(slotOf(0, slot), 16);
    mapping.drain();
    mapping.persist(0, 8);
    ack(7);
  };
}

/** 7: insert */
export const insertWrong: Wrong = {
  ...insert,
  name: 'Witcher 7: the token of an insert is stored before its item is durable',
  workload: tokenBeforeItem(0, 70),
  kind: 'recovery',
  present: [0],
  absent: [72],
};
export const insertMended: Entry = {
  ...insert,
  name: 'Witcher 7, mended',
  workload(mapping, ack) {
    for (const [slot, key] of [7, 8].entries()) {
      storeSlot(mapping, slotOf(0, slot), key, 10 * key);
      mapping.persist(slotOf(0, slot), 16);
      mapping.persistWord(0, 2 ** (slot + 1) - 1);
      ack(key);
    }
  },
};

const update = {
  ...insert,
  setup(mapping: Mapping) {
    storeSlot(mapping, slotOf(0, 0), 7, 70);
    put(mapping, 0, 1);
  },
  invariant: (items: unknown, acks: readonly unknown[]) => {
    const value = (items as Map<number, number>).get(7);
    return value === 71 || (acks.length === 0 && value === 70);
  },
};

/** 9: an update without a log takes another slot. */
export const updateWrong: Wrong = {
  ...update,
  name: 'Witcher 9: the tokens of an update are stored before the new item is durable',
  workload: tokenBeforeItem(1, 71),
  kind: 'recovery',
  present: [0],
  absent: [88],
};
export const updateMended: Entry = {
  ...update,
  name: 'Witcher 9, mended',
  workload(mapping, ack) {
    storeSlot(mapping, slotOf(0, 1), 7, 71);
    mapping.persist(slotOf(0, 1), 16);
    mapping.persistWord(0, 2); // one word: the old slot and the new one
    ack(7);
  },
};

const move = { ...update, invariant: (items: unknown) => (items as Map<number, number>).get(7) === 70 };

/** 10: an item moves to another bucket. */
export const moveWrong: Wrong = {
  ...move,
  name: 'Witcher 10: the token of a moved item is stored before the item is durable',
  workload(mapping) {
    storeSlot(mapping, slotOf(512, 0), 7, 70);
    put(mapping, 512, 1);
    mapping.flush(slotOf(512, 0), 16);
    mapping.drain();
    mapping.persist(512, 8);
    mapping.persistWord(0, 0);
  },
  kind: 'recovery',
  present: [512],
  absent: [584],
};
export const moveMended: Entry = {
  ...move,
  name: 'Witcher 10, mended',
  workload(mapping) {
    storeSlot(mapping, slotOf(512, 0), 7, 70);
    mapping.persist(slotOf(512, 0), 16);
    mapping.persistWord(512, 1);
    mapping.persistWord(0, 0); // until then the item is there twice
  },
};
