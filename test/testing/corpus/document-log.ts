// The log of docs/durability.md, as the document has it, and with each of its wrong fragments.
import * as library from '../../../lib/index.js';
import type { Mapping } from '../../../lib/index.js';
import { codeBlocks } from '../../support/code-blocks.js';
import { get, type Entry, type Wrong } from './entry.js';

interface Log {
  readonly mapping: Mapping;
  readonly tail: number;
  records(): Iterable<Buffer>;
  append(payload: Buffer): void;
}

const DOCUMENT = 'docs/durability.md';
const PATH = 'log-of-the-document';
const SIZE = 8192;
const FIRST = 4096;
const HEAD = 16;

const blocks = codeBlocks(DOCUMENT, 'js');
const program = blocks.find(({ code }) => code.includes('class Log'))?.code ?? '';
const [classes = ''] = program.split("\nconst log = new Log('journal.log'");
const [onePersist, sixteenBytes, noDrain, noTail] = blocks
  .filter(({ note }) => note.startsWith('fragment: it replaces lines 1 and 2'))
  .map(({ code }) => code);
const LINES_1_AND_2 = /^ *this\.mapping\.write\(record, this\.tail\); \/\/ 1\.[^\n]*\n[^\n]*\/\/ 2\.[^\n]*\n/m;

/** The class Log of a program. */
function classOf<Type>(code: string): new (path: string, size: number) => Type {
  const load = (name: string): unknown => (name === 'mapdirect' ? library : require(name));
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- The code is that of the document.
  const make = new Function('require', `${code}\nreturn Log;`) as (
    load: unknown,
  ) => new (path: string, size: number) => Type;
  return make(load);
}

/** The class of the document; with `fragment` in place of lines 1 and 2. */
function logClass(fragment?: string): new (path: string, size: number) => Log {
  if (!LINES_1_AND_2.test(classes)) throw new Error(`${DOCUMENT} has no lines 1 and 2`);
  const code = fragment === undefined ? classes : classes.replace(LINES_1_AND_2, () => `${fragment}\n`);
  const withWord = code.replace(
    'this.broken = false;\n',
    'this.broken = false;\n    this.word = new BigUint64Array(this.mapping.arrayBuffer(0, 8));\n',
  );
  return classOf<Log>(withWord);
}

const Right = logClass();
const PAYLOADS = ['first', 'second'];

/** Every acknowledged record is there, and no other one than those of the program. */
function invariant(records: unknown, acks: readonly unknown[]): boolean {
  const found = records as string[];
  return acks.length <= found.length && found.every((payload, at) => payload === PAYLOADS[at]);
}

/** Appends each payload to a new log, and acknowledges it. */
function appendAll(
  Log: new (path: string, size: number) => { append(payload: Buffer): void },
  ack: (payload: string) => void,
): void {
  const log = new Log(PATH, SIZE);
  for (const payload of PAYLOADS) {
    log.append(Buffer.from(payload));
    ack(payload);
  }
}

function entryOf(name: string, fragment?: string): Entry {
  const Writer = logClass(fragment);
  return {
    name,
    path: PATH,
    size: SIZE,
    workload: (_mapping, ack) => appendAll(Writer, ack),
    recover: () => [...new Right(PATH, SIZE).records()].map(String),
    invariant,
  };
}

export const rightLog = entryOf('the log of docs/durability.md');

export const wrongLogs: readonly Wrong[] = [
  { ...entryOf('one persist for both', onePersist), kind: 'recovery', present: [0], absent: [4112] },
  {
    ...entryOf('a tail of sixteen bytes', sixteenBytes),
    recover: () => {
      const log = new Right(PATH, SIZE);
      const lengths = [...log.records()].map(({ length }) => HEAD + Math.ceil(length / 8) * 8);
      return { begin: lengths.length === 0 ? 0 : log.tail - (lengths.at(-1) ?? 0), second: get(log.mapping, 8) };
    },
    invariant: (state) => {
      const { begin, second } = state as { begin: number; second: number };
      return begin === second;
    },
    kind: 'invariant',
    present: [0],
    absent: [8],
  },
  { ...entryOf('no drain between the two', noDrain), kind: 'recovery', present: [0], absent: [4112] },
  withoutTail('no tail, no checksum, old space used again', noTail ?? ''),
];

function recordOf(payload: string): Buffer {
  const record = Buffer.alloc(HEAD + payload.length);
  record.writeBigUInt64LE(BigInt(payload.length));
  record.write(payload, HEAD, 'latin1');
  return record;
}

/** Two records of an earlier round, and a longer one over them. */
function withoutTail(name: string, fragment: string): Wrong {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- The code is that of the document.
  const append = new Function('record', fragment) as (this: { mapping: Mapping; tail: number }, record: Buffer) => void;
  return {
    name,
    size: SIZE,
    setup(mapping) {
      mapping.write(recordOf('OLD-DATA'), FIRST);
      mapping.write(recordOf('OLD-MORE'), FIRST + 24);
    },
    workload(mapping, ack) {
      append.call({ mapping, tail: FIRST }, recordOf('new-long-payload'));
      ack('new-long-payload');
    },
    recover(mapping) {
      const length = get(mapping, FIRST);
      return mapping.view(FIRST + HEAD, length).toString('latin1');
    },
    invariant: (first) => first === 'OLD-DATA' || first === 'new-long-payload',
    kind: 'invariant',
    present: [4096],
    absent: [4120],
  };
}

const GUIDE = 'docs/guides/durable-log.md';
const guide = codeBlocks(GUIDE, 'js').find(({ code }) => code.includes('class Log'))?.code ?? '';
const [guideClasses = ''] = guide.split("\nconst log = new Log('journal.log'");

interface GuideLog {
  readonly records: readonly Buffer[];
  append(payload: Buffer): void;
}

/** The log of docs/guides/durable-log.md: one write for a record, and checksums that depend on each other. */
export function guideLog(): Entry {
  const Log = classOf<GuideLog>(guideClasses);
  return {
    name: `the log of ${GUIDE}`,
    path: PATH,
    size: SIZE,
    workload: (_mapping, ack) => appendAll(Log, ack),
    recover: () => new Log(PATH, SIZE).records.map(String),
    invariant,
  };
}
