import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { leaseBreakTime, leaseGrace } from '../../../lib/seals/lease-break-time.js';
import { skipUnless } from '../../support/skip.js';

const limited = skipUnless(
  Number(readFileSync('/proc/sys/fs/lease-break-time', 'latin1')) > 0,
  'fs.lease-break-time is 0',
  'sysctl fs.lease-break-time=45',
);

describe('leaseGrace()', () => {
  test('is the deadline when that is short', () => {
    expect([leaseGrace(0), leaseGrace(100)]).toEqual([0, 100]);
  });

  limited.test('ends at least 200 ms before the kernel takes the lease', () => {
    expect(leaseGrace(leaseBreakTime())).toBeLessThanOrEqual(leaseBreakTime() - 200);
    expect(leaseGrace(Infinity)).toBe(leaseGrace(leaseBreakTime()));
  });
});
