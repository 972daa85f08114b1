import type { Random } from '../support/random.js';
import { publicCalls, type PublicCall } from './public-calls.js';
import { hostileValues, type Value } from './values.js';

/** One call with its arguments, decided by the position of a {@link Random} alone. */
export interface Call {
  readonly target: PublicCall;
  /** A hostile `this`; undefined: a right one. */
  readonly self: Value | undefined;
  readonly args: readonly Value[];
}

const weighted = publicCalls.flatMap((call) => Array.from({ length: call.weight }, () => call));
const PERCENT = 100;
const RIGHT = 60; // so many arguments are of the kind that the call expects
const HOSTILE_SELF = 2;

/** The next call. */
export function nextCall(random: Random): Call {
  const target = random.of(weighted);
  const isHostileSelf = target.isMethod && random.below(PERCENT) < HOSTILE_SELF;
  const count = random.below(target.hints.length + 2);
  const args = Array.from({ length: count }, (_, at) => {
    const hints = target.hints[at];
    return hints !== undefined && random.below(PERCENT) < RIGHT ? random.of(hints) : random.of(hostileValues);
  });
  return { target, self: isHostileSelf ? random.of(hostileValues) : undefined, args };
}

/** A line for the report. */
export function describeCall({ target, self, args }: Call): string {
  const owner = self === undefined ? '' : ` on ${self.name}`;
  return `${target.name}(${args.map(({ name }) => name.slice(0, 60)).join(', ')})${owner}`;
}
