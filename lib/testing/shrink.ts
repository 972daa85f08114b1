import type { Checker, Found } from './checker.js';
import { placeCandidate, type Candidate } from './walk.js';

/** A failure with as few deviations as possible. */
export interface Shrunk extends Found {
  /** The units of the last crash whose new bytes matter, by their place among its units. */
  readonly needed: ReadonlySet<number>;
}

/**
 * The smallest content that still fails: as few units as possible have new bytes. Then, of the rest, as few as possible
 * have old ones. What is left in both sets matters: one unit less, and recovery is right.
 */
export async function shrink<State>(checker: Checker<State>, found: Found): Promise<Shrunk> {
  const last = found.crashes.at(-1);
  const none = new Set<number>();
  if (last === undefined || found.verdict.kind === 'hang') return { ...found, needed: none };
  for (const bit of last.flipped) checker.image.flip(bit); // the image has it: take it back
  let best = found;
  const choice = [...last.choice];
  const attemptWith = async (next: readonly number[]): Promise<boolean> => {
    const candidate: Candidate = { ...last, choice: [...next] };
    placeCandidate(checker.image, candidate);
    const verdict = await checker.retry({ acks: found.acks, length: last.point.length });
    for (const bit of last.flipped) checker.image.flip(bit);
    if (verdict?.kind !== found.verdict.kind) return false;
    best = { ...found, verdict, crashes: [...found.crashes.slice(0, -1), candidate] };
    return true;
  };
  const sizes = last.point.units.map(({ states }) => states.length);
  const moveTo = async (target: (unit: number) => number): Promise<void> => {
    for (const unit of sizes.keys()) {
      const before = choice[unit] ?? 0;
      if (before === target(unit)) continue;
      choice[unit] = target(unit);
      if (!(await attemptWith(choice))) choice[unit] = before;
    }
  };
  await moveTo(() => 0);
  const needed = new Set([...sizes.keys()].filter((unit) => choice[unit] !== 0));
  await moveTo((unit) => (needed.has(unit) ? (choice[unit] ?? 0) : (sizes[unit] ?? 1) - 1));
  return { ...best, needed };
}
