// The counts of PMDK's own tests of pmreorder: their programs over a simulated mapping, the store log of each through
// each engine, and the figures of their match files (https://github.com/pmem/pmdk, src/test).
import { describe, expect, test } from '@jest/globals';
import { CrashSimulator } from '../../lib/testing/index.js';
import * as list from './corpus/pmreorder-list.js';
import * as simple from './corpus/pmreorder-simple.js';
import { Words } from './corpus/words.js';
import { reorderAccumulative } from './pmreorder/accumulative.js';
import type { Engine } from './pmreorder/engine.js';
import * as flushes from './pmreorder/flushes.js';
import { reorderFull } from './pmreorder/full.js';
import { noReorderDoCheck, noReorderNoCheck } from './pmreorder/no-reorder.js';
import { reorderPartial } from './pmreorder/partial.js';
import { Replay, type Checked } from './pmreorder/replay.js';
import { reorderReverseAccumulative } from './pmreorder/reverse-accumulative.js';
import * as stack from './pmreorder/stack.js';
import type { LoggedStore } from './pmreorder/store-log.js';

const SIZE = 4096;

/** Runs a program, and records where its markers are in the log: the simulator itself has none. */
class Recording {
  readonly simulator = new CrashSimulator({ size: SIZE });
  readonly words = new Words(this.simulator.mapping, () => this.simulator.ack());
  private readonly markers: { readonly text: string; readonly at: number }[] = [];

  private parts(): string[] {
    return this.simulator.storeLog().split('|');
  }

  mark(text: string): void {
    this.markers.push({ text, at: this.parts().length - 1 });
  }

  within(marker: string, body: () => void): void {
    this.mark(`${marker}.BEGIN`);
    body();
    this.mark(`${marker}.END`);
  }

  /** As pmem_memset_persist(), with the marker that libpmem gives it. */
  fill(offset: number, length: number, byte: number): void {
    this.within('pmem_memset_persist', () => this.simulator.mapping.fill(byte, offset, length));
  }

  log(): string {
    return this.markers.reduceRight((parts, { text, at }) => parts.toSpliced(at, 0, text), this.parts()).join('|');
  }
}

/** A test of PMDK: its program, its engines, and the check of a content. */
interface Case {
  /** The test, below src/test; its match file is beside it. */
  readonly name: string;
  readonly program: (recording: Recording) => void;
  readonly initial: Engine;
  readonly marked: Readonly<Record<string, Engine>>;
  readonly isRight: (content: Checked) => boolean;
}

const CHANGE = 'PMREORDER_MARKER_CHANGE';
const UNUSED = 'PMREORDER_MARKER_UNUSED';

const simpleCase = (program: (words: Words) => void): Pick<Case, 'program' | 'isRight'> => ({
  program(recording) {
    recording.simulator.mapping.fill(0, 0, simple.BYTES);
    recording.within(CHANGE, () => program(recording.words));
    recording.within('PMREORDER_MARKER_UNDEFINED', () => undefined);
  },
  isRight: ({ memory }) => simple.isConsistent(memory),
});
const simpleWrong = simpleCase(simple.writeInconsistent);
const simpleRight = simpleCase(simple.writeConsistent);

/** The program stores contents that are wrong before it begins, within a part that is not checked. */
const simpleAfterWrong: Pick<Case, 'program' | 'isRight'> = {
  ...simpleRight,
  program(recording) {
    recording.fill(simple.FLAG, 8, 1);
    recording.fill(0, 16, 2);
    recording.fill(16, 8, 1);
    recording.fill(0, simple.BYTES, 0);
    recording.within(CHANGE, () => simple.writeConsistent(recording.words));
  },
};

const listCase = (insert: typeof list.insertConsistent): Omit<Case, 'name'> => ({
  program(recording) {
    recording.fill(0, list.nodeAt(10), 0);
    for (const [id, value] of list.INSERTIONS) insert(recording.words, id, value);
  },
  initial: reorderReverseAccumulative,
  marked: { pmem_memset_persist: noReorderNoCheck },
  isRight: ({ memory }) => !list.valuesOf(memory).includes(0),
});

const CASES: readonly (Case & {
  /** For each report of the match file the number of its stores ("Store [n]"). No file: the test expects none. */
  readonly wrong: readonly number[];
})[] = [
  {
    name: 'pmreorder_simple/TEST0, pmreorder0.log.match: 24 reports',
    ...simpleWrong,
    initial: noReorderNoCheck,
    marked: { [CHANGE]: reorderFull, [UNUSED]: reorderFull },
    wrong: [...Array<number>(6).fill(2), ...Array<number>(18).fill(3)],
  },
  {
    name: 'pmreorder_simple/TEST1: no report',
    ...simpleRight,
    initial: noReorderDoCheck,
    marked: { [CHANGE]: reorderFull },
    wrong: [],
  },
  {
    name: 'pmreorder_simple/TEST2: no report',
    ...simpleWrong,
    initial: noReorderNoCheck,
    marked: { [CHANGE]: noReorderDoCheck },
    wrong: [],
  },
  {
    name: 'pmreorder_simple/TEST3, pmreorder3.log.match: 2 reports',
    ...simpleWrong,
    initial: reorderFull,
    marked: { [CHANGE]: reorderAccumulative },
    wrong: [2, 3],
  },
  {
    name: 'pmreorder_simple/TEST4: no report',
    ...simpleRight,
    initial: reorderFull,
    marked: { [CHANGE]: reorderPartial(1) },
    wrong: [],
  },
  {
    name: 'pmreorder_simple/TEST5: no report',
    ...simpleAfterWrong,
    initial: reorderFull,
    marked: { pmem_memset_persist: noReorderNoCheck, [CHANGE]: reorderFull, [UNUSED]: reorderFull },
    wrong: [],
  },
  { name: 'ex_pmreorder/TEST0: no report', ...listCase(list.insertConsistent), wrong: [] },
  {
    name: 'ex_pmreorder/TEST1, pmreorder1.log.match: 6 reports',
    ...listCase(list.insertInconsistent),
    wrong: [1, 0, 1, 0, 1, 0],
  },
  {
    name: 'pmreorder_stack/TEST0, pmreorder0.log.match: 2 reports',
    program(recording) {
      recording.simulator.mapping.fill(0, 0, stack.BYTES);
      stack.writeFields(recording.words, (marker) => recording.mark(marker));
    },
    initial: noReorderNoCheck,
    marked: { FIELDS_PACK_ONE: reorderReverseAccumulative, FIELDS_PACK_TWO: reorderAccumulative },
    isRight: stack.isConsistent,
    wrong: [4, 4],
  },
];

function writeFlushes({ simulator, words }: Recording): void {
  simulator.mapping.fill(0, 0, flushes.BYTES);
  flushes.writeFields(words);
}

/** The contents that are checked, and the recording, which the caller closes. */
function replay({ program, initial, marked }: Omit<Case, 'name' | 'isRight'>): [Recording, Checked[]] {
  const recording = new Recording();
  program(recording);
  return [recording, [...new Replay({ initial, marked }, recording.log()).contents()]];
}

describe('the reports of pmreorder on the store log', () => {
  test.each(CASES)('$name', ({ isRight, wrong, ...each }) => {
    const [{ simulator }, contents] = replay(each);
    simulator.close();
    expect(contents.filter((content) => !isRight(content)).map(({ stores }) => stores.length)).toEqual(wrong);
  });

  test('pmreorder_simple/TEST5 has reports if its first part is checked, too', () => {
    const [{ simulator }, contents] = replay({ ...simpleAfterWrong, initial: noReorderDoCheck, marked: {} });
    simulator.close();
    expect(contents.filter((content) => !simpleAfterWrong.isRight(content))).toHaveLength(2);
  });

  test('pmreorder_flushes/TEST0, pmreorder_flushes0.log.match: the state after the clearing, and five more', () => {
    const [{ simulator }, contents] = replay({
      program: writeFlushes,
      initial: noReorderDoCheck,
      marked: { DO_NOT_CHECK_E: noReorderNoCheck },
    });
    simulator.close();
    expect(contents.map(({ memory }) => flushes.describeFields(memory))).toEqual([
      'A=0 B=0 C=0 D=0 E=0',
      'A=-1 B=2 C=0 D=0 E=0',
      'A=-1 B=2 C=0 D=4 E=0',
      'A=-1 B=2 C=0 D=5 E=0',
      'A=-1 B=2 C=0 D=5 E=6',
      'A=1 B=2 C=8 D=5 E=6',
    ]);
  });
});

describe('the simulator has each content that pmreorder checks', () => {
  test.each([...CASES, { name: 'pmreorder_flushes/TEST0', program: writeFlushes }])('$name', ({ program }) => {
    const [{ simulator }, contents] = replay({ program, initial: reorderFull, marked: {} });
    const images = new Set([...simulator.images()].map(({ buffer }) => buffer.toString('latin1')));
    simulator.close();
    expect(contents.length).toBeGreaterThan(3);
    expect(contents.filter(({ memory }) => !images.has(memory.toString('latin1')))).toEqual([]);
  });
});

describe('the engines give the sequences of the manual page', () => {
  const stores = ['a', 'b', 'c'].map((name): LoggedStore => ({ kind: 'STORE', address: 0, bytes: Buffer.from(name) }));
  const sequencesOf = (engine: Engine): string[] =>
    Array.from(engine.sequences(stores), (sequence) => sequence.map(({ bytes }) => bytes.toString()).join(''));

  test.each([
    ['NoReorderDoCheck', noReorderDoCheck, 'abc'],
    ['NoReorderNoCheck', noReorderNoCheck, 'abc'],
    ['ReorderAccumulative', reorderAccumulative, ' a ab abc'],
    ['ReorderReverseAccumulative', reorderReverseAccumulative, ' c cb cba'],
    ['ReorderFull', reorderFull, ' a b c ab ac ba bc ca cb abc acb bac bca cab cba'],
  ] as const)('%s', (_name, engine, sequences) => {
    expect(sequencesOf(engine).join(' ')).toBe(sequences);
  });

  test('ReorderPartial: three of the combinations, each one of them for some seed', () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const sequences = sequencesOf(reorderPartial(seed));
      expect(new Set(sequences).size).toBe(3);
      for (const sequence of sequences) found.add(sequence);
    }
    expect([...found].sort()).toEqual(['', 'a', 'ab', 'abc', 'ac', 'b', 'bc', 'c']);
  });
});
