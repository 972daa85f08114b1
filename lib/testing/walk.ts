import { WORD_BYTES } from '../core/word.js';
import { choices, countChoices, type Choice } from './choices.js';
import type { Image } from './image.js';
import { byteOf, InFlight, isSame, type Rules, type StoredAtom, type Value } from './model.js';
import { randomOf } from './random.js';
import { readChoices } from './read-choices.js';
import { type TraceEvent } from './trace.js';
import { crashedUnit, type CrashedUnit } from './unit-states.js';

/** The events, and the bytes of the memory before them. */
export interface Trace {
  readonly events: readonly TraceEvent[];
  readonly length: number;
}

/** The moment of a crash. */
export interface CrashPoint {
  /** The crash comes just before this event of the trace. Its length: at the end. */
  readonly event: number;
  readonly units: readonly CrashedUnit[];
  /** Bytes of the memory. */
  readonly length: number;
  /** The values of ack() until then. */
  readonly acks: readonly unknown[];
}

/** A word that a crash caught between the instructions that stored it. */
export interface TornAtom {
  readonly stored: StoredAtom;
  readonly value: Value;
}

/** One content that a crash may leave. The image has it until the next step of the walk. */
export interface Candidate {
  readonly point: CrashPoint;
  /** Copy it to keep it. */
  readonly choice: Choice;
  readonly torn: TornAtom | undefined;
  /** Bits of the memory that are wrong, as places from its first bit. */
  readonly flipped: readonly number[];
}

/** How much of the contents is tried. */
export interface TrialExtent {
  readonly rules: Rules;
  /** The largest number of contents at one crash point. */
  readonly limit: number;
  readonly seed: number;
  /** Each content is also tried with so many wrong bits. */
  readonly flips: number;
  /** Only words that recovery reads are varied. The walk is told them: {@link Walk}. */
  readonly byReads: boolean;
}

/** What a walk has left out. */
export interface Coverage {
  points: number;
  /** Every content was there, but for torn words. */
  exhaustive: boolean;
}

/** Gets the words that were read with the candidate before, by recovery and by the recoveries from its own crashes. */
export type Walk = Generator<Candidate, void, ReadonlySet<number> | undefined>;

/** Puts a content into the image. */
export function placeCandidate(image: Image, { point, choice, torn, flipped }: Candidate): void {
  place(image, point.units, choice);
  if (torn !== undefined) image.set(torn.stored.atom, torn.value);
  for (const bit of flipped) image.flip(bit);
}

function place(image: Image, units: readonly CrashedUnit[], choice: Choice): void {
  for (const [at, { unit, states }] of units.entries()) {
    const atoms = states[choice[at] ?? 0]?.atoms ?? new Map<number, Value>();
    for (const [atom, guaranteed] of unit.guaranteed) image.set(atom, atoms.get(atom) ?? guaranteed);
  }
}

const ALL = 0xffffffff;

/** The bytes of `value` where the mask of four bits has a bit, the others of `before`. */
function mixed(before: number, value: number, bytes: number): number {
  let mask = 0;
  for (let byte = 0; byte < 4; byte++) if ((bytes >>> byte) & 1) mask |= 0xff << (8 * byte);
  return (before & (ALL ^ mask)) | (value & mask);
}

/** Samples of the states between the stores of a word in pieces: each half, each byte alone. */
function tornValues({ before, value }: StoredAtom): Value[] {
  const bytes = Array.from({ length: WORD_BYTES }, (_, byte) => byte);
  if (bytes.filter((byte) => byteOf(before, byte) !== byteOf(value, byte)).length < 2) return [];
  return [0x0f, 0xf0, ...bytes.map((byte) => 1 << byte)]
    .map((mask) => ({
      low: mixed(before.low, value.low, mask & 0x0f),
      high: mixed(before.high, value.high, mask >>> 4),
    }))
    .filter((torn) => !isSame(torn, before) && !isSame(torn, value));
}

/** Each torn word, with the other units oldest, and newest; its own unit before its moment, and with all of it. */
function* tornCandidates(image: Image, point: CrashPoint): Generator<Candidate> {
  const { units } = point;
  const oldest = units.map(() => 0);
  const newest = units.map(({ states }) => states.length - 1);
  for (const [at, { unit, states }] of units.entries()) {
    for (const [moment, { atoms }] of unit.moments.entries()) {
      if (atoms.every(({ whole }) => whole)) continue;
      const before = states.findIndex(({ moments }) => moments === moment);
      const after = states.findIndex(({ moments }) => moments === moment + 1);
      const bases = [oldest.with(at, before), newest.with(at, after)];
      for (const stored of atoms) {
        for (const value of stored.whole ? [] : tornValues(stored)) {
          for (const choice of bases) {
            place(image, units, choice);
            image.set(stored.atom, value);
            yield { point, choice, torn: { stored, value }, flipped: [] };
          }
        }
      }
    }
  }
}

/** All choices, or those that recovery can tell from each other; more than the limit: some. */
function* choicesAt(
  { event, units }: CrashPoint,
  { rules, limit, seed, byReads }: TrialExtent,
  coverage: Coverage,
): Generator<Choice, void, ReadonlySet<number>> {
  const sizes = units.map(({ states }) => states.length);
  const isFew = countChoices(sizes) <= limit;
  const most = isFew || !byReads ? limit : Math.ceil(limit / 2); // samples find most faults: half is for them
  if (byReads && (yield* readChoices(units, rules.atom, most))) return;
  if (!isFew || units.some(({ complete }) => !complete)) coverage.exhaustive = false;
  yield* choices(sizes, most, seed + event);
}

/** The contents that a crash just before an event may leave. The image has the guaranteed content before and after. */
function* candidatesAt(image: Image, point: CrashPoint, extent: TrialExtent, coverage: Coverage): Walk {
  const { units } = point;
  coverage.points++;
  const random = randomOf(extent.seed + point.event);
  const all = choicesAt(point, extent, coverage);
  for (let step = all.next(new Set()); step.done !== true;) {
    const choice = step.value;
    place(image, units, choice);
    const read = yield { point, choice, torn: undefined, flipped: [] };
    if (extent.flips > 0) {
      const flipped = Array.from({ length: extent.flips }, () => random() % (image.length * 8));
      for (const bit of flipped) image.flip(bit);
      yield { point, choice, torn: undefined, flipped };
      for (const bit of flipped) image.flip(bit);
    }
    step = all.next(read ?? new Set());
  }
  if (extent.rules.atom === WORD_BYTES) yield* tornCandidates(image, point);
  place(
    image,
    units,
    units.map(() => 0),
  );
}

/** Between two of these events the set of contents only grows, so the moments before them are enough. */
function isPoint(event: TraceEvent, inFlight: InFlight): boolean {
  return event.kind === 'ack' || event.kind === 'grow' || (event.kind === 'drain' && inFlight.units.size > 0);
}

/**
 * Every content that a crash during the trace may leave, in the order of the trace; within one crash point the small
 * deviations first. The image has the content before the trace at the beginning, and again at the end.
 */
export function* walk(
  { events, length: initial }: Trace,
  image: Image,
  extent: TrialExtent,
  coverage: Coverage = { points: 0, exhaustive: true },
): Walk {
  const inFlight = new InFlight(extent.rules, (atom, value) => image.set(atom, value));
  const acks: unknown[] = [];
  let length = initial;
  const pointAt = (event: number): CrashPoint => {
    const units = [...inFlight.units.values()].map(crashedUnit);
    units.sort((a, b) => (a.unit.moments[0]?.event ?? 0) - (b.unit.moments[0]?.event ?? 0));
    return { event, units, length, acks: [...acks] };
  };
  for (const [number, event] of events.entries()) {
    if (isPoint(event, inFlight)) yield* candidatesAt(image, pointAt(number), extent, coverage);
    inFlight.apply(event, number);
    if (event.kind === 'ack') acks.push(event.value);
    if (event.kind === 'grow') {
      length = event.length;
      image.recorder.reserve(length);
    }
  }
  yield* candidatesAt(image, pointAt(events.length), extent, coverage);
  image.undo(events);
}
