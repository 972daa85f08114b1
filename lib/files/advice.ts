import { adviceIn } from '../core/error-advice.js';
import { isSystemError, systemError } from '../core/errors.js';
import { call, type Operation } from '../core/sync-or-async.js';

function withAdvice(error: unknown, path: string | undefined): unknown {
  if (!isSystemError(error)) return error;
  const { code, errno, syscall } = error;
  const sentence = adviceIn('files', syscall, code);
  return sentence === undefined ? error : systemError(errno, syscall, path, sentence);
}

/** Makes one call, and puts the remedy into its error. */
export function* callWithAdvice<T>(path: string | undefined, now: () => T, later: () => Promise<T>): Operation<T> {
  try {
    return yield* call(now, later);
  } catch (error) {
    throw withAdvice(error, path);
  }
}
