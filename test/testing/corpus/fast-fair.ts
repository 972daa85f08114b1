// Witcher's bug 3: FAST_FAIR, a B+-tree, removes a key of a page (DICL/FAST_FAIR, single/src/btree.h, remove_key()).
import type { Mapping } from '../../../lib/index.js';
import { get, put, type Entry, type Wrong } from './entry.js';

/** The records come after the header of the page: a key, then a pointer. The first pointer 0 is the end. */
const RECORDS = 32;
const RECORD = 16;
const LINE = 64;

const KEYS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const REMOVED = 2;

function recordAt(index: number): number {
  return RECORDS + RECORD * index;
}

/** The keys. A record with the pointer of the one before it is in the middle of a shift: it does not count. */
function keysOf(mapping: Mapping): string {
  const keys: number[] = [];
  let before = 0;
  for (let at = recordAt(0), pointer = get(mapping, at + 8); pointer !== 0; pointer = get(mapping, at + 8)) {
    if (pointer !== before) keys.push(pointer === 100 * get(mapping, at) ? get(mapping, at) : NaN);
    before = pointer;
    at += RECORD;
  }
  return keys.join();
}

/** The records behind the key move to the left, one by one. `afterStore` and `afterRecord` get the place. */
function removeKey(mapping: Mapping, afterStore: (place: number) => void, afterRecord: (place: number) => void): void {
  const store = (place: number, value: number): void => {
    put(mapping, place, value);
    afterStore(place);
  };
  let shifts = false;
  for (let at = recordAt(0); get(mapping, at + 8) !== 0; at += RECORD) {
    if (!shifts && get(mapping, at) === REMOVED) {
      store(at + 8, get(mapping, at - RECORD + 8));
      shifts = true;
    }
    if (!shifts) continue;
    store(at, get(mapping, at + RECORD));
    store(at + 8, get(mapping, at + RECORD + 8));
    afterRecord(at);
  }
}

const remove = {
  size: 4096,
  setup(mapping: Mapping) {
    for (const [index, key] of KEYS.entries()) {
      put(mapping, recordAt(index), key);
      put(mapping, recordAt(index) + 8, 100 * key);
    }
  },
  recover: keysOf,
  invariant: (keys: unknown, acks: readonly unknown[]) =>
    keys === KEYS.filter((key) => key !== REMOVED).join() || (acks.length === 0 && keys === KEYS.join()),
};
const nothing = (): void => undefined;

export const shiftWrong: Wrong = {
  ...remove,
  name: 'Witcher 3: a shift flushes a line when its first record has moved',
  workload(mapping, ack) {
    removeKey(mapping, nothing, (at) => {
      if (at % LINE === 0) mapping.persist(at, LINE);
    });
    ack();
  },
  kind: 'invariant',
  present: [48],
  absent: [56],
};
export const shiftMended: Entry = {
  ...remove,
  name: 'Witcher 3, mended: each word is durable before the next one is stored',
  workload(mapping, ack) {
    removeKey(mapping, (place) => mapping.persist(place, 8), nothing);
    ack();
  },
};
