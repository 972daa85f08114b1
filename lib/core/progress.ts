import { invalidType } from './errors.js';

/** The progress of one phase of mapAsync() or sealAsync(), in bytes. */
export interface Progress {
  readonly phase: 'allocate' | 'seal' | 'populate';
  readonly done: number;
  readonly total: number;
}

/** @throws ERR_INVALID_ARG_TYPE. */
export function checkProgress(onProgress: unknown): asserts onProgress is ((progress: Progress) => void) | undefined {
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw invalidType('options.onProgress', 'of type function', onProgress);
}
