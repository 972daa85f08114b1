import fs from 'node:fs';

const { readFileSync } = fs; // taken now: guards replace it later
const DEFAULT_MS = 45_000; // Linux starts with 45 s
const LEAST_MARGIN_MS = 200;

/** /proc/sys/fs/lease-break-time in milliseconds; 0: the kernel waits without limit. */
function kernelLimit(): number {
  try {
    const seconds = Number(readFileSync('/proc/sys/fs/lease-break-time', 'latin1'));
    return seconds > 0 ? seconds * 1000 : 0;
  } catch {
    return DEFAULT_MS;
  }
}

/** How long the kernel lets an opener wait for a lease holder, in milliseconds. Where it has no limit: its default. */
export function leaseBreakTime(): number {
  const limit = kernelLimit();
  return limit === 0 ? DEFAULT_MS : limit;
}

/**
 * How long a lease is kept after a break request, in milliseconds: `deadline`, but so much less than the kernel's limit
 * that the lease ends before the kernel takes it.
 */
export function leaseGrace(deadline: number): number {
  const limit = kernelLimit();
  return Math.min(deadline, limit === 0 ? DEFAULT_MS : limit - Math.max(limit / 10, LEAST_MARGIN_MS));
}
