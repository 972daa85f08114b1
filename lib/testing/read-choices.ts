import { WORD_BYTES } from '../core/word.js';
import type { Choice } from './choices.js';
import type { CrashedUnit } from './unit-states.js';

/** For each word in flight the units that have a part of it, by their places. */
function unitsByWord(units: readonly CrashedUnit[], atom: 1 | 8): ReadonlyMap<number, readonly number[]> {
  const places = new Map<number, number[]>();
  for (const [at, { unit }] of units.entries()) {
    for (const each of unit.guaranteed.keys()) {
      const word = Math.floor((each * atom) / WORD_BYTES);
      const list = places.get(word) ?? [];
      if (list.at(-1) !== at) list.push(at);
      places.set(word, list);
    }
  }
  return places;
}

/**
 * Every choice that a recovery can tell from the others: it depends on the words that it reads, and on no other one. So
 * only units that were read change their states. A unit that is read only with some states of the others is varied only
 * with these (as in Jaaru, ASPLOS 2021).
 *
 * It gets the words that were read with each choice, by recovery and by the recoveries from its own crashes.
 *
 * @param most - the largest number of choices.
 * @returns whether that were all.
 */
export function* readChoices(
  units: readonly CrashedUnit[],
  atom: 1 | 8,
  most: number,
): Generator<Choice, boolean, ReadonlySet<number>> {
  const byWord = unitsByWord(units, atom);
  const choice = units.map(() => 0);
  /** The units that were read, in the order of their first reads: the states of the last one are tried first. */
  const path = new Set<number>();
  let complete = true;
  for (let left = most; left > 0; left--) {
    const read = yield choice;
    for (const word of read) for (const at of byWord.get(word) ?? []) path.add(at);
    for (const at of path) complete &&= units[at]?.complete === true;
    let isOver = true;
    for (const at of [...path].reverse()) {
      const next = (choice[at] ?? 0) + 1;
      if (next < (units[at]?.states.length ?? 0)) {
        choice[at] = next;
        isOver = false;
        break;
      }
      choice[at] = 0;
      path.delete(at);
    }
    if (isOver) return complete;
  }
  return false;
}
