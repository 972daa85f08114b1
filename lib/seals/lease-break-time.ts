import fs from 'node:fs';

const { readFileSync } = fs; // taken now: guards replace it later
const DEFAULT_S = 45; // what Linux starts with

/** How long the kernel lets an opener wait for a lease to be given up: /proc/sys/fs/lease-break-time, in milliseconds. */
export function leaseBreakTime(): number {
  try {
    const seconds = Number(readFileSync('/proc/sys/fs/lease-break-time', 'latin1'));
    return (seconds > 0 ? seconds : DEFAULT_S) * 1000; // 0: the kernel waits for ever
  } catch {
    return DEFAULT_S * 1000;
  }
}
