import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { leaseBreakTime, leaseGrace } from '../../../lib/seals/lease-break-time.js';

const isLimited = Number(readFileSync('/proc/sys/fs/lease-break-time', 'latin1')) > 0;

describe('leaseGrace()', () => {
  test('is the deadline when that is short', () => {
    expect([leaseGrace(0), leaseGrace(100)]).toEqual([0, 100]);
  });

  const whereLimited = isLimited ? test : test.skip;
  whereLimited('ends at least 200 ms before the kernel takes the lease (needs fs.lease-break-time > 0)', () => {
    expect(leaseGrace(leaseBreakTime())).toBeLessThanOrEqual(leaseBreakTime() - 200);
    expect(leaseGrace(Infinity)).toBe(leaseGrace(leaseBreakTime()));
  });
});
