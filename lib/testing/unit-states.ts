import { randomOf } from './random.js';
import type { Moment, StoredAtom, Unit, Value } from './model.js';

/** A content that a crash may leave in a unit: the atoms that differ from the guaranteed content. */
export interface UnitState {
  /** How many whole moments are there. */
  readonly moments: number;
  readonly atoms: ReadonlyMap<number, Value>;
}

/** A unit at the moment of a crash. */
export interface CrashedUnit {
  readonly unit: Unit;
  /** [0] is the guaranteed content, the last one has every store. */
  readonly states: readonly UnitState[];
  /** `states` has each possible one. */
  readonly complete: boolean;
}

/** The subsets of more atoms than this, stored between two looks, are sampled. */
const MOST_ATOMS = 8;
const SAMPLES = 64;

/** Moments times atoms of a unit, above which its states are not all kept. */
const MOST_STATE_ATOMS = 2 ** 16;

function after(state: UnitState, atoms: readonly StoredAtom[], moments: number): UnitState {
  const next = new Map(state.atoms);
  for (const { atom, value } of atoms) next.set(atom, value);
  return { moments, atoms: next };
}

/** The subsets of a moment but none and all, as bits. Few atoms: each subset. */
function* subsets(count: number): Generator<readonly number[]> {
  const all = Array.from({ length: count }, (_, index) => index);
  if (count <= MOST_ATOMS) {
    for (let bits = 1; bits < 2 ** count - 1; bits++) yield all.filter((index) => (bits >>> index) & 1);
    return;
  }
  for (const index of all) yield [index];
  for (const index of all) yield all.filter((other) => other !== index);
  for (let end = 2; end < count - 1; end++) yield all.slice(0, end);
  for (let start = 2; start < count - 1; start++) yield all.slice(start);
  const random = randomOf(count);
  for (let sample = 0; sample < SAMPLES; sample++) yield all.filter(() => (random() & 1) === 1);
}

/** The proper subsets of the atoms of a moment, but none. */
function* partsOf({ atoms }: Moment): Generator<readonly StoredAtom[]> {
  for (const subset of atoms.length > 1 ? subsets(atoms.length) : []) yield subset.flatMap((each) => atoms[each] ?? []);
}

function* statesOf(moments: readonly Moment[]): Generator<UnitState> {
  let state: UnitState = { moments: 0, atoms: new Map() };
  yield state;
  for (const [index, moment] of moments.entries()) {
    for (const part of partsOf(moment)) yield after(state, part, index);
    state = after(state, moment.atoms, index + 1);
    yield state;
  }
}

/** A state that makes its atoms anew each time. */
class LongState implements UnitState {
  constructor(
    private readonly all: readonly Moment[],
    readonly moments: number,
    private readonly part: readonly StoredAtom[],
  ) {}

  get atoms(): ReadonlyMap<number, Value> {
    const atoms = new Map<number, Value>();
    for (let index = 0; index < this.moments; index++)
      for (const { atom, value } of this.all[index]?.atoms ?? []) atoms.set(atom, value);
    for (const { atom, value } of this.part) atoms.set(atom, value);
    return atoms;
  }
}

/** The same states, where all their atoms would be too many: one unit may be the whole memory. */
function* longStatesOf(moments: readonly Moment[]): Generator<UnitState> {
  const all = [...moments]; // a later drain shortens those of the unit
  yield new LongState(all, 0, []);
  for (const [index, moment] of all.entries()) {
    for (const part of partsOf(moment)) yield new LongState(all, index, part);
    yield new LongState(all, index + 1, []);
  }
}

/** The contents that a crash may leave in `unit`. */
export function crashedUnit(unit: Unit): CrashedUnit {
  const { moments, guaranteed } = unit;
  const complete = moments.every(({ atoms }) => atoms.length <= MOST_ATOMS);
  const isLong = moments.length * guaranteed.size > MOST_STATE_ATOMS;
  return { unit, states: [...(isLong ? longStatesOf(moments) : statesOf(moments))], complete };
}
