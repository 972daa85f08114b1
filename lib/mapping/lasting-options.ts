import type { Region } from '../backend/region.js';
import { adviceNumbers, type Advice } from '../core/constants.js';

/** Advice that throws content away: for named, whole pages, and once. */
export const discardingAdvice: ReadonlySet<Advice> = new Set(['dontneed', 'remove']);

/** What a mapping was made with that holds for the parts too that it gets later. */
export interface LastingOptions {
  readonly advice: Advice | undefined;
  readonly lock: boolean;
}

/** undefined: there is nothing to keep up. */
export function lastingOptionsOf({ advice, lock }: LastingOptions): LastingOptions | undefined {
  const lasting = advice === undefined || discardingAdvice.has(advice) ? undefined : advice;
  return lasting === undefined && !lock ? undefined : { advice: lasting, lock };
}

/** @throws ENOMEM, EPERM: RLIMIT_MEMLOCK; EINVAL: advice that is not known there. */
export function applyToNewPages(
  region: Region,
  { advice, lock }: LastingOptions,
  offset: number,
  length: number,
): void {
  if (advice !== undefined) region.advise(adviceNumbers[advice], offset, length);
  if (lock) region.lock(offset, length);
}
