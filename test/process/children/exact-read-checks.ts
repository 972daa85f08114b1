// Checks that trace the loads of recovery. Arguments: the program, and the granularity.
import assert from 'node:assert/strict';
import type { Mapping } from '../../../lib/index.js';
import { CrashSimulator, type CheckOptions, type CrashReport } from '../../../lib/testing/index.js';
import { documentLogs, guideLog, rightLog, wrongLogs } from '../../testing/corpus/document-log.js';
import { put, type Entry } from '../../testing/corpus/entry.js';
import * as fastFair from '../../testing/corpus/fast-fair.js';
import * as levelHashing from '../../testing/corpus/level-hashing.js';
import * as pmdk from '../../testing/corpus/pmdk.js';
import * as redo from '../../testing/corpus/redo.js';
import * as woart from '../../testing/corpus/woart.js';

const SIZE = 8192;
type Granularity = 'byte' | 'cache-line' | 'page';
type Id = 'torn-word' | 'reads-unguaranteed';

function recorded({ path, size, setup, workload }: Entry, granularity: Granularity): CrashSimulator {
  const simulator = new CrashSimulator({ path, size, granularity, trace: 'exact' });
  setup?.(simulator.mapping);
  simulator.settle();
  workload(simulator.mapping, (value) => simulator.ack(value));
  return simulator;
}

/** The log of docs/durability.md with records of 4 KiB: 512 words in flight, which recovery does not read. */
async function large(granularity: Granularity): Promise<void> {
  const payloads = (granularity === 'cache-line' ? ['a', 'b'] : ['a']).map((letter) => letter.repeat(4096 - 16));
  const { right } = documentLogs({ path: 'large-log', size: 4 * 4096, payloads, overwrites: 4096 });
  using simulator = recorded(right, granularity);
  const report = await simulator.check(right.recover, right.invariant, { reads: true, timeout: 60_000 });
  assert.deepEqual(report.failures, []);
  assert(report.exhaustive);
  assert.equal(report.explored, 'reads');
  assert(report.images <= 2 + 4 * payloads.length, String(report.images)); // 2: the empty log
  assert.match(report.toString(), /every content, by the words that recovery reads: recovery is right/);
  const contents = await simulator.check(right.recover, right.invariant, { limit: 64 });
  assert(!contents.exhaustive && contents.explored === 'contents');
}

/** One record of so many words in any order, and the sum of them: recovery reads each word. */
function summed(words: number): Entry {
  const sum = (memory: Mapping): { stored: number; found: number; values: number[] } => {
    const view = new BigUint64Array(memory.buffer.buffer, memory.buffer.byteOffset, words + 1);
    const [stored = 0, ...values] = Array.from(view, Number);
    return { stored, values, found: values.reduce((all, value) => all + value, 0) };
  };
  return {
    name: 'a sum',
    size: SIZE,
    workload(mapping, ack) {
      for (let word = 1; word <= words; word++) put(mapping, 8 * word, word);
      put(mapping, 0, (words * (words + 1)) / 2);
      mapping.persist(0, 8 * (words + 1));
      ack();
    },
    recover(mapping) {
      const { stored, found, values } = sum(mapping);
      return stored !== 0 && stored === found ? values : [];
    },
    invariant: (values, acks) =>
      (values as number[]).length >= acks.length && (values as number[]).every((value, at) => value === at + 1),
  };
}

/** A log that relies on a checksum alone: all of a small record is tried, a part of a large one. */
async function checksum(): Promise<void> {
  const check = async (words: number, limit: number): Promise<CrashReport> => {
    const entry = summed(words);
    using simulator = recorded(entry, 'cache-line');
    return await simulator.check(entry.recover, entry.invariant, { reads: true, limit });
  };
  const small = await check(4, 4096);
  assert.deepEqual([small.failures, small.exhaustive], [[], true]);
  const bounded = await check(40, 256);
  assert.deepEqual([bounded.failures, bounded.exhaustive], [[], false]);
  assert(bounded.images > 200 && bounded.images <= 256 + bounded.points, String(bounded.images));
  assert.match(bounded.toString(), /a part of the contents, by the words that recovery reads/);

  const declared = { offset: 0, length: 8 * 5 };
  assert.deepEqual(await found(summed(4), {}), ['reads-unguaranteed']);
  assert.deepEqual(await found(summed(4), { checksummed: [declared] }), []);
  assert.deepEqual(await found(summed(4), { checksummed: [{ offset: 0, length: 24 }] }), ['reads-unguaranteed']);
}

/** The diagnostics of a report that are about reads. */
function idsOf({ diagnostics }: CrashReport): readonly string[] {
  const ids = diagnostics.map(({ id }) => id).filter((id) => id === 'torn-word' || id === 'reads-unguaranteed');
  return [...new Set(ids)].sort();
}

async function found(
  entry: Entry,
  options: CheckOptions,
  granularity: Granularity = 'cache-line',
): Promise<readonly string[]> {
  using simulator = recorded(entry, granularity);
  return idsOf(await simulator.check(entry.recover, entry.invariant, { ...options, reads: true }));
}

// What recovery of a right program may find in any mixture: a flag and fields that it reads in any case, and judges
// later; the state of a log that is being cleared; records with checksums that depend on each other.
const DECLARED: Readonly<Record<string, CheckOptions['checksummed']>> = {
  'pmreorder_simple, mended': [{ offset: 0, length: 64 }],
  'redo.c, mended': [{ offset: 0, length: 64 }],
  [guideLog().name]: [{ offset: 0, length: SIZE }],
};

/** The others name words that are durable before each drain, or in one store. */
const FOUND: Readonly<Record<string, readonly Id[]>> = {
  'one persist for both': ['reads-unguaranteed'],
  'a tail of sixteen bytes': ['reads-unguaranteed'],
  'no drain between the two': ['reads-unguaranteed'],
  'no tail, no checksum, old space used again': ['reads-unguaranteed'],
  'pmreorder_list: the head is stored before the value of its node': [],
  'pmreorder_simple: the flag and its fields in one persist': ['reads-unguaranteed'],
  'redo.c: another range is persisted in place of the log': ['reads-unguaranteed'],
  'Witcher 2: a reference and a path that must agree, flushed one after the other': ['reads-unguaranteed'],
  'Witcher 3: a shift flushes a line when its first record has moved': ['reads-unguaranteed'],
  'Witcher 7: the token of an insert is stored before its item is durable': ['reads-unguaranteed'],
  'Witcher 9: the tokens of an update are stored before the new item is durable': ['torn-word'],
  'Witcher 10: the token of a moved item is stored before the item is durable': ['reads-unguaranteed'],
};

/** The programs of the corpus: the verdict of each is that of a check without reads, and what the reads show. */
async function corpus(): Promise<void> {
  const programs: readonly Entry[] = [
    rightLog,
    guideLog(),
    ...wrongLogs,
    ...[pmdk, redo, woart, fastFair, levelHashing].flatMap((all): Entry[] => Object.values(all)),
  ];
  const wrong = programs.filter(({ name }) => name in FOUND);
  assert.equal(wrong.length, Object.keys(FOUND).length);
  for (const entry of programs) {
    const isWrong = wrong.includes(entry);
    const checksummed = DECLARED[entry.name];
    using simulator = recorded(entry, 'cache-line');
    const report = await simulator.check(entry.recover, entry.invariant, { reads: true, checksummed });
    const { failures, exhaustive } = report;
    assert.deepEqual([failures.length, exhaustive], isWrong ? [1, false] : [0, true], entry.name);
    assert.deepEqual(idsOf(report), FOUND[entry.name] ?? [], entry.name);
    simulator.close();
    if (checksummed !== undefined) assert((await found(entry, {})).length > 0, `${entry.name}: not needed`);
  }
}

/** A tail in eight pieces is told while a crash may catch it; a record in pieces is none, once it is durable. */
async function torn(): Promise<void> {
  const log = (storeTail: (mapping: Mapping, value: number) => void): Entry => ({
    name: 'a log',
    size: SIZE,
    workload(mapping) {
      mapping.buffer.writeBigUInt64LE(0x0102_0304_0506_0708n, 4096);
      mapping.persist(4096, 8);
      storeTail(mapping, 1);
      mapping.persist(0, 8);
    },
    recover: ({ buffer }) => (buffer.readBigUInt64LE(0) === 1n ? buffer.readBigUInt64LE(4096) : 0n),
    invariant: () => true,
  });
  const inPieces = log(({ buffer }, value) => buffer.writeBigUInt64LE(BigInt(value)));
  assert.deepEqual(await found(inPieces, {}), ['torn-word']);
  assert.deepEqual(await found(inPieces, { checksummed: [{ offset: 7, length: 1 }] }), []);
  for (const granularity of ['byte', 'cache-line', 'page'] as const) {
    const whole = log((mapping, value) => put(mapping, 0, value));
    assert.deepEqual(await found(whole, {}, granularity), []);
    assert.deepEqual(await found(inPieces, {}, granularity), ['torn-word']);
  }
  const half = log(({ buffer }, value) => buffer.writeUInt8(value, 0));
  assert.deepEqual(await found(half, {}), []); // one store of one byte is whole

  using simulator = recorded(inPieces, 'cache-line');
  const { diagnostics } = await simulator.check(inPieces.recover, inPieces.invariant, { reads: true });
  const [finding] = diagnostics.filter(({ id }) => id === 'torn-word');
  assert.equal(finding?.offset, 0);
  assert.match(finding.text, /the word at 0, store 1 of 1 before persist\(\) .*exact-read-checks.*stored in 8 pieces/);
}

const programs: Readonly<Record<string, (granularity: Granularity) => Promise<void>>> = {
  large,
  checksum,
  corpus,
  torn,
};

async function main([program = '', granularity = 'cache-line']: readonly string[]): Promise<void> {
  await programs[program]?.(granularity as Granularity);
  console.log('done');
}

void main(process.argv.slice(2));
