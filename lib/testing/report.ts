import { WORD_BYTES } from '../core/word.js';
import { format } from 'node:util';
import type { FailureKind } from './attempt.js';
import type { Diagnostic } from './diagnostics.js';
import { type TraceEvent } from './trace.js';
import type { Candidate } from './walk.js';
import { hexOf } from './word-memory.js';
import { isSame, type StoredAtom, type Unit, type Value } from './model.js';

/** One word of the memory at a crash. */
export interface CrashWord {
  /** Bytes from the start of the memory. */
  readonly offset: number;
  /** Bytes: 8, or 1 with granularity 'emulated'. */
  readonly length: number;
  /** The value that was guaranteed, as hexadecimal digits of a little-endian number. */
  readonly before: string;
  /** The value that was stored. */
  readonly value: string;
  /** The call at which the store was seen, with the line of the program. */
  readonly stored: string;
  /** The last flush that covers the word; undefined: there was none. */
  readonly flushed: string | undefined;
}

/** A crash that led to a failure. */
export interface Crash {
  /** The moment: "before the drain of persist() at ...". */
  readonly point: string;
  /** Words whose new value was on the medium. */
  readonly present: readonly CrashWord[];
  /** Words whose new value was not. */
  readonly absent: readonly CrashWord[];
  /** Words whose value does not matter for the failure. */
  readonly others: number;
  /** The word that a crash caught in pieces, with its value: only a store in pieces can do this. */
  readonly torn: CrashWord | undefined;
  /** Wrong bits, as places from the first bit of the memory. */
  readonly flipped: readonly number[];
}

/** A recovery that went wrong. */
export interface CrashFailure {
  /** 'recovery': it threw. 'invariant': its result is not allowed. 'hang': it did not end. */
  readonly kind: FailureKind;
  /** The error of recovery or of the invariant, or one that tells the failure. */
  readonly error: Error;
  /** The values of ack() before the crash. */
  readonly acks: readonly unknown[];
  /** The crash of the program; then that of its recovery, and so on. */
  readonly crashes: readonly [Crash, ...Crash[]];
  /** The level, counted from 0: the program crashed. 1: its recovery crashed, too. */
  readonly depth: number;
  /** The seed of the simulator, for {@link CrashSimulator.replay}. */
  readonly seed: number;
  /** For {@link CrashSimulator.replay}. Empty: a crash of a recovery cannot be made again by it. */
  readonly choice: string;
  /** The memory that recovery got: a copy. */
  readonly image: Buffer;
}

const SHOWN = 8;

function shown(value: Value, length: number): string {
  return length === 1 ? (value.low & 0xff).toString(16).padStart(2, '0') : hexOf(value.low, value.high);
}

/** "before the drain of persist() at log.js:40". */
function describePoint(events: readonly TraceEvent[], number: number): string {
  const event = events[number];
  if (event === undefined) return 'at the end, after the last call';
  return event.kind === 'ack' ? `before ${event.site.toString()}` : `before the end of ${event.site.toString()}`;
}

/** For each atom of the unit the store of its value in `atoms`, or the last one if it has none. */
function storesAt(unit: Unit, atoms: ReadonlyMap<number, Value> | undefined): Map<number, StoredAtom> {
  const stores = new Map<number, StoredAtom>();
  for (const stored of unit.moments.flatMap((moment) => moment.atoms)) {
    const now = atoms?.get(stored.atom);
    if (now === undefined || isSame(stored.value, now)) stores.set(stored.atom, stored);
  }
  return stores;
}

/** A crash as data. `needed`: the units whose new bytes matter. */
export function describeCrash(
  { point, choice, torn, flipped }: Candidate,
  events: readonly TraceEvent[],
  atomSize: number,
  needed: ReadonlySet<number> | undefined,
): Crash {
  const present: CrashWord[] = [];
  const absent: CrashWord[] = [];
  let others = 0;
  for (const [at, { unit, states }] of point.units.entries()) {
    const atoms = states[choice[at] ?? 0]?.atoms;
    const isNewest = (choice[at] ?? 0) === states.length - 1;
    for (const [atom, { value, site }] of storesAt(unit, atoms)) {
      const before = unit.guaranteed.get(atom) ?? value;
      const now = atoms?.get(atom);
      const word: CrashWord = {
        offset: atom * atomSize,
        length: atomSize,
        before: shown(before, atomSize),
        value: shown(now ?? value, atomSize),
        stored: site.toString(),
        flushed: unit.flushed?.toString(),
      };
      if (now === undefined) absent.push(word);
      else if (needed === undefined || needed.has(at) || !isNewest) present.push(word);
      else others++;
    }
  }
  const tornWord =
    torn === undefined
      ? undefined
      : {
          offset: torn.stored.atom * WORD_BYTES,
          length: WORD_BYTES,
          before: shown(torn.stored.before, WORD_BYTES),
          value: shown(torn.value, WORD_BYTES),
          stored: torn.stored.site.toString(),
          flushed: undefined,
        };
  return { point: describePoint(events, point.event), present, absent, others, torn: tornWord, flipped };
}

function wordLines(title: string, words: readonly CrashWord[]): string[] {
  if (words.length === 0) return [];
  const lines = words.slice(0, SHOWN).map(({ offset, before, value, stored, flushed }) => {
    const flush = flushed === undefined ? 'never flushed' : `flush: ${flushed}`;
    return `    at ${offset}: ${before} -> ${value}\n      ${stored}\n      ${flush}`;
  });
  const more = words.length > SHOWN ? [`    and ${words.length - SHOWN} more`] : [];
  return [`  ${title}:`, ...lines, ...more];
}

function crashLines(crash: Crash, index: number): string[] {
  const { point, present, absent, others, torn, flipped } = crash;
  return [
    `  ${index === 0 ? 'The program crashes' : 'Its recovery crashes'} ${point}.`,
    ...wordLines('on the medium', present),
    ...wordLines('not on the medium', absent),
    ...(torn === undefined
      ? []
      : wordLines('stored in pieces, and caught between them (use write(), or Atomics.store())', [torn])),
    ...(flipped.length === 0
      ? []
      : [`  wrong bits: ${flipped.map((bit) => `${bit % 8} of byte ${Math.floor(bit / 8)}`).join(', ')}`]),
    ...(others === 0 ? [] : [`  ${others} more stored ${others === 1 ? 'word has' : 'words have'} no part in it`]),
  ];
}

const VERBS: Readonly<Record<FailureKind, string>> = {
  recovery: 'recovery throws',
  invariant: 'the invariant refuses the recovered state',
  hang: 'recovery hangs',
};

/** A failure in words. */
export function describeFailure(failure: CrashFailure): string {
  const { kind, error, acks, crashes, seed, choice } = failure;
  return [
    `${VERBS[kind]}: ${error.message}`,
    ...crashes.flatMap(crashLines),
    `  acknowledged: ${acks.length === 0 ? 'nothing' : format('%o', acks.at(-1))}${acks.length > 1 ? `, the last of ${acks.length}` : ''}`,
    ...(choice === '' ? [] : [`  again: simulator.replay(${seed}, '${choice}')`]),
  ].join('\n');
}

/** The result of {@link CrashSimulator.check}. */
export class CrashReport {
  constructor(
    /** Every content that the model allows was tried, but for words stored in pieces, which are sampled. */
    readonly exhaustive: boolean,
    /** The number of different contents that recovery was run on. */
    readonly images: number,
    /** The number of moments of a crash, those of recovery included. */
    readonly points: number,
    /** The first failure, in its smallest form. Empty: recovery is right. */
    readonly failures: readonly CrashFailure[],
    /** Calls that are missing or useless, by the trace alone. */
    readonly diagnostics: readonly Diagnostic[],
    /**
     * How the contents were chosen. 'contents': each one by itself. 'reads': of contents that differ only in words that
     * recovery does not read, one.
     */
    readonly explored: 'contents' | 'reads' = 'contents',
  ) {}

  /** A text for people. */
  toString(): string {
    const how = this.explored === 'reads' ? ', by the words that recovery reads' : '';
    const extent = `${this.exhaustive ? 'every content' : 'a part of the contents'}${how}`;
    const head = `${this.images} images at ${this.points} crash points`;
    const [failure] = this.failures;
    const verdict =
      failure === undefined ? `${head}, ${extent}: recovery is right` : `${head}: ${describeFailure(failure)}`;
    const bugs = this.diagnostics.filter(({ cost }) => !cost).map(({ text }) => `  ${text}`);
    return [verdict, ...(bugs.length > 0 ? ['diagnostics:', ...bugs.slice(0, SHOWN)] : [])].join('\n');
  }
}
