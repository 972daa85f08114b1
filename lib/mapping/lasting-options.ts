import type { Region } from '../backend/region.js';
import { adviceNumbers, type Advice } from '../core/constants.js';

/** Advice that discards content. It acts once, on whole pages that the caller names. */
export const discardingAdvice: ReadonlySet<Advice> = new Set(['dontneed', 'remove']);

/** Options of map() that resize() also applies to the pages it adds. */
export interface LastingOptions {
  readonly advice: Advice | undefined;
  readonly lock: boolean;
}

/** undefined: no option lasts. */
export function lastingOptionsOf({ advice, lock }: LastingOptions): LastingOptions | undefined {
  const lasting = advice === undefined || discardingAdvice.has(advice) ? undefined : advice;
  return lasting === undefined && !lock ? undefined : { advice: lasting, lock };
}

/** @throws ENOMEM, EPERM: RLIMIT_MEMLOCK; EINVAL: the kernel or the file system does not know the advice. */
export function applyToNewPages(
  region: Region,
  { advice, lock }: LastingOptions,
  offset: number,
  length: number,
): void {
  if (advice !== undefined) region.advise(adviceNumbers[advice], offset, length);
  if (lock) region.lock(offset, length);
}
