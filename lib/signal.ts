import { invalidType } from './errors.js';

/** @throws ERR_INVALID_ARG_TYPE unless it is undefined or an AbortSignal. */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidType('options.signal', 'an AbortSignal', signal);
}
