import { checkOptions } from '../core/check-options.js';
import { checkSignal, checkSize } from '../core/validators.js';

/** Options of {@link WriterLock.acquire} and {@link WriterLock.acquireAsync}. An unknown option is an error. */
export interface WriterLockOptions {
  /**
   * Milliseconds to wait for another writer. 0: does not wait.
   *
   * Default: no limit.
   */
  timeout?: number | undefined;
  /**
   * Ends the wait of acquireAsync(). acquire() blocks the thread, so it looks at the signal only before it begins.
   *
   * Default: none.
   */
  signal?: AbortSignal | undefined;
}

/** {@link WriterLockOptions}, checked. */
export interface ParsedWriterLockOptions {
  /** Infinity: no limit. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

const KEYS = ['timeout', 'signal'] as const satisfies readonly (keyof WriterLockOptions)[];

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, each naming the option. */
export function parseWriterLockOptions(options: unknown): ParsedWriterLockOptions {
  const { timeout, signal } = checkOptions<WriterLockOptions>(options, 'options', KEYS);
  if (timeout !== undefined) checkSize(timeout, 'options.timeout');
  checkSignal(signal);
  return { timeout: timeout ?? Infinity, signal };
}
