import { invalidValue } from './errors.js';

/**
 * The state of a switch in the environment. '1' and 'true' are on. '0', 'false', an empty value and no variable are
 * off.
 *
 * @throws ERR_INVALID_ARG_VALUE naming the variable, for any other word: a guess could be wrong without anyone
 *   noticing.
 */
export function switchedOn(name: string, environment: Readonly<Record<string, string | undefined>>): boolean {
  const word = environment[name];
  if (word === undefined || word === '' || word === '0' || word === 'false') return false;
  if (word === '1' || word === 'true') return true;
  throw invalidValue(name, "must be '1' or 'true' (on), or '0' or 'false' (off)", word);
}
