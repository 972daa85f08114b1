import type { Checker, Found } from './checker.js';
import { writeChoice } from './choice-text.js';
import type { Rules } from './model.js';
import { describeCrash, type Crash, type CrashFailure } from './report.js';
import { shrink } from './shrink.js';
import type { TraceEvent } from './trace.js';
import { placeCandidate } from './walk.js';

/** What was found, in its smallest form, as data. `events`: the trace of the program. */
export async function failureOf<State>(
  checker: Checker<State>,
  found: Found,
  { events, rules, seed }: { readonly events: readonly TraceEvent[]; readonly rules: Rules; readonly seed: number },
): Promise<CrashFailure> {
  const smallest = await shrink(checker, found);
  const last = smallest.crashes.length - 1;
  const crashes = smallest.crashes.map((candidate, at) =>
    describeCrash(
      candidate,
      at === 0 ? events : smallest.events,
      rules.atom,
      at === last && smallest.needed.size > 0 ? smallest.needed : undefined,
    ),
  ) as [Crash, ...Crash[]];
  const [first] = smallest.crashes;
  if (smallest.verdict.kind !== 'hang' && smallest.crashes[last] !== undefined)
    placeCandidate(checker.image, smallest.crashes[last]);
  return {
    kind: smallest.verdict.kind,
    error: smallest.verdict.error,
    acks: smallest.acks,
    crashes,
    depth: last,
    seed,
    choice: last === 0 && first !== undefined ? writeChoice(first) : '',
    image: Buffer.from(checker.image.recorder.live.subarray(0, smallest.crashes[last]?.point.length)),
  };
}
