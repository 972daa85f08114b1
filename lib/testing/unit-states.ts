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

function* statesOf(moments: readonly Moment[]): Generator<UnitState> {
  let state: UnitState = { moments: 0, atoms: new Map() };
  yield state;
  for (const [index, { atoms }] of moments.entries()) {
    for (const subset of atoms.length > 1 ? subsets(atoms.length) : [])
      yield after(
        state,
        subset.flatMap((each) => atoms[each] ?? []),
        index,
      );
    state = after(state, atoms, index + 1);
    yield state;
  }
}

/** The contents that a crash may leave in `unit`. */
export function crashedUnit(unit: Unit): CrashedUnit {
  const complete = unit.moments.every(({ atoms }) => atoms.length <= MOST_ATOMS);
  return { unit, states: [...statesOf(unit.moments)], complete };
}
