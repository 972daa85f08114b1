import { invalidValue } from '../core/errors.js';
import { checkString } from '../core/validators.js';
import type { Candidate, TornAtom } from './walk.js';
import { hexOf } from './word-memory.js';

/** A candidate as text: "EVENT:STATES[+WORD_BYTES=VALUE][~BIT,BIT]". */
export function writeChoice({ point, choice, torn, flipped }: Candidate): string {
  const word = torn === undefined ? '' : `+${torn.stored.atom}=${hexOf(torn.value.low, torn.value.high)}`;
  const bits = flipped.length === 0 ? '' : `~${flipped.join(',')}`;
  return `${point.event}:${choice.join('.')}${word}${bits}`;
}

/** A choice of {@link writeChoice}, to be completed by the units of its crash point. */
export interface WantedChoice {
  readonly event: number;
  readonly choice: readonly number[];
  complete(candidate: Candidate): Candidate;
}

const FORM = /^(\d{1,15}):([\d.]*)(?:\+(\d{1,15})=([\da-f]{16}))?(?:~([\d,]+))?$/;

function numbers(text: string | undefined, separator: string): number[] {
  return text === undefined || text === '' ? [] : text.split(separator).map(Number);
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. */
export function parseChoice(text: unknown): WantedChoice {
  checkString(text, 'choice');
  const parts = FORM.exec(text);
  if (parts === null) throw invalidValue('choice', 'must be the choice of a report', text);
  const [, event, states, word, value = '', bits] = parts;
  const choice = numbers(states, '.');
  return {
    event: Number(event),
    choice,
    complete: (candidate) => {
      if (choice.some((state, at) => state >= (candidate.point.units[at]?.states.length ?? 0)))
        throw invalidValue('choice', 'must be of a report about the same trace', text);
      const torn = word === undefined ? undefined : tornOf(candidate, Number(word), value, text);
      return { point: candidate.point, choice, torn, flipped: numbers(bits, ',') };
    },
  };
}

function tornOf({ point }: Candidate, atom: number, value: string, text: string): TornAtom {
  const all = point.units.flatMap(({ unit }) => unit.moments.flatMap(({ atoms }) => atoms));
  const stored = all.find((each) => each.atom === atom);
  if (stored === undefined) throw invalidValue('choice', 'must be of a report about the same trace', text);
  return { stored, value: { low: parseInt(value.slice(8), 16) | 0, high: parseInt(value.slice(0, 8), 16) | 0 } };
}
