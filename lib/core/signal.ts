import { invalidType } from './errors.js';
import { isAbortSignal } from './foreign.js';

/** @throws ERR_INVALID_ARG_TYPE unless it is undefined or an AbortSignal. */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal !== undefined && !isAbortSignal(signal)) throw invalidType('options.signal', 'an AbortSignal', signal);
}

/** As its throwIfAborted(), which AbortSignals of other libraries may not have. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw (
      signal.reason ?? Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' })
    );
}
