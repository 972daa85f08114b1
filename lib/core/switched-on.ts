import { invalidValue } from './errors.js';

/**
 * What a variable of the environment that is a switch says: '1' is on; '0', nothing, and no variable are off.
 *
 * @throws ERR_INVALID_ARG_VALUE naming the variable, for anything else: a word that is taken for the other one would not be noticed.
 */
export function switchedOn(name: string, environment: Readonly<Record<string, string | undefined>>): boolean {
  const word = environment[name];
  if (word === undefined || word === '' || word === '0') return false;
  if (word === '1') return true;
  throw invalidValue(name, "must be '1' (on) or '0' (off)", word);
}
