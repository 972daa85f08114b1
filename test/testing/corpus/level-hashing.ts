// Witcher's bugs 7, 9 and 10: Level-Hashing, a hash table (Pfzuo/Level-Hashing,
// persistent_level_hashing/level_hashing.c: level_insert(), level_update(), try_movement()).
import type { Mapping } from '../../../lib/index.js';
import type { Entry, Wrong } from './entry.js';

// A bucket: four slots of 31 bytes, each a key and a value; then a byte for each slot, its token.
const KEY = 16;
const VALUE = 15;
const SLOT = KEY + VALUE;
const SLOTS = 4;
const TOKENS = SLOTS * SLOT;
/** The word that has the tokens. */
const TOKEN_WORD = TOKENS - 4;
const BUCKETS = [0, 512] as const;
const [FIRST, OTHER] = BUCKETS;

function storeItem(mapping: Mapping, bucket: number, slot: number, value: string): void {
  mapping.view(bucket + SLOT * slot, KEY).write('the key of item 7'.slice(0, KEY), 'latin1');
  mapping.view(bucket + SLOT * slot + KEY, VALUE).write(value, 'latin1');
}

function storeToken(mapping: Mapping, bucket: number, slot: number, token: 0 | 1): void {
  mapping.view(bucket + TOKENS + slot, 1)[0] = token;
}

/** The lines of the first byte of the key and of the value. */
function flushItem(mapping: Mapping, bucket: number, slot: number): void {
  mapping.flush(bucket + SLOT * slot, 1);
  mapping.flush(bucket + SLOT * slot + KEY, 1);
}

const OLD = 'the first value';
const NEW = 'another, longer'.padEnd(VALUE, '.');

/** The values in slots with a token. @throws for a token without its item. */
function valuesOf(mapping: Mapping): string[] {
  const values: string[] = [];
  for (const bucket of BUCKETS) {
    for (let slot = 0; slot < SLOTS; slot++) {
      if (mapping.view(bucket + TOKENS + slot, 1)[0] === 0) continue;
      const item = mapping.view(bucket + SLOT * slot, SLOT).toString('latin1');
      const value = item.slice(KEY);
      if (item.includes('\0') || (value !== OLD && value !== NEW))
        throw new Error(`slot ${slot} of the bucket at ${bucket} has a token, and not its item`);
      values.push(value);
    }
  }
  return values;
}

const table = {
  size: 4096,
  setup(mapping: Mapping) {
    storeItem(mapping, FIRST, 0, OLD);
    storeToken(mapping, FIRST, 0, 1);
  },
  recover: valuesOf,
};

/** Stores the item and its token, and only then flushes them, one after the other. */
function itemAndToken(mapping: Mapping, bucket: number, slot: number, value: string, freed?: number): void {
  storeItem(mapping, bucket, slot, value);
  if (freed !== undefined) storeToken(mapping, bucket, freed, 0);
  storeToken(mapping, bucket, slot, 1);
  flushItem(mapping, bucket, slot);
  mapping.drain();
  mapping.persist(bucket + TOKENS + (freed ?? slot), 1);
}

/** Makes the item durable, and then its token. */
function itemThenToken(mapping: Mapping, bucket: number, slot: number, value: string, freed?: number): void {
  storeItem(mapping, bucket, slot, value);
  mapping.persist(bucket + SLOT * slot, SLOT);
  const word = Buffer.from(mapping.view(bucket + TOKEN_WORD, 8));
  word[TOKENS - TOKEN_WORD + slot] = 1;
  if (freed !== undefined) word[TOKENS - TOKEN_WORD + freed] = 0;
  mapping.persistWord(bucket + TOKEN_WORD, word.readBigUInt64LE());
}

type Store = typeof itemAndToken;

const insert = (store: Store): Omit<Entry, 'name'> => ({
  size: 4096,
  recover: valuesOf,
  workload(mapping, ack) {
    store(mapping, FIRST, 0, OLD);
    ack();
  },
  invariant: (values, acks) => (values as string[]).length >= acks.length,
});
export const insertWrong: Wrong = {
  ...insert(itemAndToken),
  name: 'Witcher 7: the token of an insert is stored before its item is durable',
  kind: 'recovery',
  present: [120],
  absent: [24],
};
export const insertMended: Entry = { ...insert(itemThenToken), name: 'Witcher 7, mended' };

/** An update without a log takes another slot. */
const update = (store: Store): Omit<Entry, 'name'> => ({
  ...table,
  workload(mapping, ack) {
    store(mapping, FIRST, 1, NEW, 0);
    ack();
  },
  invariant: (values, acks) => {
    const found = (values as string[]).join();
    return found === NEW || (acks.length === 0 && found === OLD);
  },
});
export const updateWrong: Wrong = {
  ...update(itemAndToken),
  name: 'Witcher 9: the tokens of an update are stored before the new item is durable',
  kind: 'recovery',
  present: [120],
  absent: [56],
};
export const updateMended: Entry = {
  ...update(itemThenToken),
  name: 'Witcher 9, mended: both tokens in one word, after the item',
};

/** An item moves to its other bucket. Until its old token is gone it is there twice. */
const move = (store: Store): Omit<Entry, 'name'> => ({
  ...table,
  workload(mapping) {
    store(mapping, OTHER, 0, OLD);
    storeToken(mapping, FIRST, 0, 0);
    mapping.persist(FIRST + TOKENS, 1);
  },
  invariant: (values) => (values as string[]).length > 0,
});
export const moveWrong: Wrong = {
  ...move(itemAndToken),
  name: 'Witcher 10: the token of a moved item is stored before the item is durable',
  kind: 'recovery',
  present: [632],
  absent: [536],
};
export const moveMended: Entry = { ...move(itemThenToken), name: 'Witcher 10, mended' };
