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

type Map = typeof library.map;

/** Where the logs lie, and which records they get. */
export interface LogSetting {
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly payloads: readonly string[];
  /** The place of the records that the log without a tail overwrites. */
  readonly overwrites: number;
  /** In place of map() of the package. */
  readonly map?: Map;
}

const DOCUMENT = 'docs/durability.md';
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
function classOf<Type>(code: string, map: Map): new (path: string, size: number) => Type {
  const load = (name: string): unknown => (name === 'mapdirect' ? { ...library, map } : require(name));
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- The code is that of the document.
  const make = new Function('require', `${code}\nreturn Log;`) as (
    load: unknown,
  ) => new (path: string, size: number) => Type;
  return make(load);
}

/** The class of the document; with `fragment` in place of lines 1 and 2. */
function logClass(map: Map, fragment?: string): new (path: string, size: number) => Log {
  if (!LINES_1_AND_2.test(classes)) throw new Error(`${DOCUMENT} has no lines 1 and 2`);
  const code = fragment === undefined ? classes : classes.replace(LINES_1_AND_2, () => `${fragment}\n`);
  const withWord = code.replace(
    'this.broken = false;\n',
    'this.broken = false;\n    this.word = new BigUint64Array(this.mapping.arrayBuffer(0, 8));\n',
  );
  return classOf<Log>(withWord, map);
}

/** Every acknowledged record is there, and no other one than those of the program. */
function invariantOf(payloads: readonly string[]): Entry['invariant'] {
  return (records, acks) => {
    const found = records as string[];
    return acks.length <= found.length && found.every((payload, at) => payload === payloads[at]);
  };
}

/** Appends each payload to a new log, and acknowledges it. */
function appendAll(
  Log: new (path: string, size: number) => { append(payload: Buffer): void },
  { path, size, payloads }: LogSetting,
  ack: (payload: string) => void,
): void {
  const log = new Log(path, size);
  for (const payload of payloads) {
    log.append(Buffer.from(payload));
    ack(payload);
  }
}

/** The log of the document, and with each of its wrong fragments. */
export function documentLogs(setting: LogSetting): { readonly right: Entry; readonly wrong: readonly Wrong[] } {
  const { path, size, payloads, map = library.map } = setting;
  const Right = logClass(map);
  const entryOf = (name: string, fragment?: string): Entry => {
    const Writer = logClass(map, fragment);
    return {
      name,
      path,
      size,
      workload: (_mapping, ack) => appendAll(Writer, setting, ack),
      recover: () => [...new Right(path, size).records()].map(String),
      invariant: invariantOf(payloads),
    };
  };
  return {
    right: entryOf('the log of docs/durability.md'),
    wrong: [
      { ...entryOf('one persist for both', onePersist), kind: 'recovery', present: [0], absent: [4112] },
      {
        ...entryOf('a tail of sixteen bytes', sixteenBytes),
        recover: () => {
          const log = new Right(path, size);
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
      withoutTail('no tail, no checksum, old space used again', noTail ?? '', setting),
    ],
  };
}

const corpusSetting: LogSetting = {
  path: 'log-of-the-document',
  size: 8192,
  payloads: ['first', 'second'],
  overwrites: FIRST,
};

export const { right: rightLog, wrong: wrongLogs } = documentLogs(corpusSetting);

function recordOf(payload: string): Buffer {
  const record = Buffer.alloc(HEAD + payload.length);
  record.writeBigUInt64LE(BigInt(payload.length));
  record.write(payload, HEAD, 'latin1');
  return record;
}

/** Two records of an earlier round, and a longer one over them. */
function withoutTail(name: string, fragment: string, { size, overwrites: first }: LogSetting): Wrong {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- The code is that of the document.
  const append = new Function('record', fragment) as (this: { mapping: Mapping; tail: number }, record: Buffer) => void;
  return {
    name,
    size,
    setup(mapping) {
      mapping.write(recordOf('OLD-DATA'), first);
      mapping.write(recordOf('OLD-MORE'), first + 24);
    },
    workload(mapping, ack) {
      append.call({ mapping, tail: first }, recordOf('new-long-payload'));
      ack('new-long-payload');
    },
    recover(mapping) {
      const length = get(mapping, first);
      return mapping.view(first + HEAD, length).toString('latin1');
    },
    invariant: (record) => record === 'OLD-DATA' || record === 'new-long-payload',
    kind: 'invariant',
    present: [first],
    absent: [first + 24],
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
  const Log = classOf<GuideLog>(guideClasses, library.map);
  const { path, size, payloads } = corpusSetting;
  return {
    name: `the log of ${GUIDE}`,
    path,
    size,
    workload: (_mapping, ack) => appendAll(Log, corpusSetting, ack),
    recover: () => new Log(path, size).records.map(String),
    invariant: invariantOf(payloads),
  };
}
