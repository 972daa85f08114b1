import { expect, test } from '@jest/globals';
import { LostRanges } from '../../../lib/mapping/lost-ranges.js';

test('in() finds a range that the bytes touch, and none for no bytes', () => {
  const lost = new LostRanges();
  const fault = { offset: 100, length: 50, reason: 'io' } as const;
  lost.add([fault]);
  expect([99, 100, 149, 150].map((offset) => lost.in(offset, 1))).toEqual([undefined, fault, fault, undefined]);
  expect([100, 120, 149].map((offset) => lost.in(offset, 0))).toEqual([undefined, undefined, undefined]);
});
