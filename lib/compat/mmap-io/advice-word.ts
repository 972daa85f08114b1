import { adviceNumbers, adviceWords, type Advice } from '../../core/constants.js';
import { invalidValue } from '../../core/errors.js';
import { checkNumber } from '../../core/validators.js';

/** The word of Mapping.advise() for a number of madvise(2). @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. */
export function adviceWord(advise: unknown): Advice {
  checkNumber(advise, 'advise');
  const word = adviceWords.find((each) => adviceNumbers[each] === advise);
  if (word === undefined) throw invalidValue('advise', 'must be a number of madvise(2), such as MADV_RANDOM', advise);
  return word;
}
