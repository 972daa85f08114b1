// The faults of PMDK's own programs for pmreorder.
import { FLAG, isConsistent, writeConsistent, writeInconsistent } from './pmreorder-simple.js';
import { insertConsistent, insertInconsistent, INSERTIONS, valuesOf } from './pmreorder-list.js';
import type { Entry, Wrong } from './entry.js';
import { get } from './entry.js';
import { Words } from './words.js';

const list = (insert: typeof insertConsistent): Omit<Entry, 'name'> => ({
  size: 4096,
  workload(mapping, ack) {
    for (const [id, value] of INSERTIONS) {
      insert(new Words(mapping), id, value);
      ack(value);
    }
  },
  recover(mapping) {
    const values = valuesOf(mapping.buffer);
    if (values.includes(0)) throw new Error('a node has no value');
    return values;
  },
  invariant: (values, acks) => acks.every((value) => (values as unknown[]).includes(value)),
});

/** src/examples/pmreorder/pmreorder_list.c, list_insert_inconsistent(). At the crash the value is not stored yet. */
export const listWrong: Wrong = {
  ...list(insertInconsistent),
  name: 'pmreorder_list: the head is stored before the value of its node',
  kind: 'recovery',
  present: [0],
  absent: [],
};
export const listMended: Entry = { ...list(insertConsistent), name: 'pmreorder_list, mended' };

const simple = (write: typeof writeConsistent): Omit<Entry, 'name'> => ({
  size: 4096,
  workload(mapping, ack) {
    write(new Words(mapping));
    ack();
  },
  recover: (mapping) => ({ isRight: isConsistent(mapping.buffer), flag: get(mapping, FLAG) }),
  invariant: (state, acks) => {
    const { isRight, flag } = state as { isRight: boolean; flag: number };
    return isRight && flag >= acks.length;
  },
});

/** src/test/pmreorder_simple/pmreorder_simple.c, write_inconsistent() */
export const simpleWrong: Wrong = {
  ...simple(writeInconsistent),
  name: 'pmreorder_simple: the flag and its fields in one persist',
  kind: 'invariant',
  present: [16, 24],
  absent: [8],
};
export const simpleMended: Entry = { ...simple(writeConsistent), name: 'pmreorder_simple, mended' };
