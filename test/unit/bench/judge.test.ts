import { describe, expect, test } from '@jest/globals';
import { atLeast, atMost, limitedBy } from '../../../bench/benchmark.js';
import { judge, type TrialResult } from '../../../bench/runner.js';

const LIMIT = 'the least';
const RIVAL = 'rival';

/** Ours takes 120 ns, or as the rounds say; the rival 100 ns. */
function trialsWith(least: readonly number[] | undefined): TrialResult[] {
  const trial = (name: string, role: TrialResult['role'], samples: TrialResult['samples'], ratio: number) => {
    return { name, role, samples, medians: { time: samples['time']?.[0] ?? NaN }, oursToThis: { time: ratio } };
  };
  return [
    trial('mapdirect', 'ours', { time: [120, 240] }, NaN),
    trial(RIVAL, 'rival', { time: [100, 200] }, 1.2),
    ...(least === undefined ? [] : [trial(LIMIT, 'rival', { time: least }, NaN)]),
  ];
}

describe('a target that is missed', () => {
  const target = limitedBy(LIMIT, atMost(1.05, 'time', RIVAL));

  test('is at the limit if the program that shows the limit misses it, too', () => {
    expect(judge(target, trialsWith([110, 220]))).toMatchObject({ value: 1.2, verdict: 'at the limit', limit: 1.1 });
  });

  test('is missed if that program meets it', () => {
    expect(judge(target, trialsWith([104, 208]))).toMatchObject({ value: 1.2, verdict: 'missed', limit: 1.04 });
  });

  test('is missed if that program is not there', () => {
    expect(judge(target, trialsWith(undefined))).toMatchObject({ value: 1.2, verdict: 'missed' });
    expect(judge(target, trialsWith(undefined)).limit).toBeUndefined();
  });

  test('is missed if nothing shows a limit', () => {
    expect(judge(atMost(1.05, 'time', RIVAL), trialsWith([110, 220])).verdict).toBe('missed');
  });

  test('the ratio to the limit is taken within each round', () => {
    expect(judge(target, trialsWith([220, 110]))).toMatchObject({ limit: (2.2 + 0.55) / 2 });
  });

  test('as a rate, the limit is judged by the inverse as well', () => {
    const rate = limitedBy(LIMIT, atLeast(0.97, 'time', RIVAL));
    expect(judge(rate, trialsWith([110, 220]))).toMatchObject({ value: 1 / 1.2, verdict: 'at the limit' });
    expect(judge(rate, trialsWith([80, 160]))).toMatchObject({ verdict: 'missed', limit: 1.25 });
  });
});

test('a target that is met has no limit', () => {
  const met = judge(limitedBy(LIMIT, atMost(1.3, 'time', RIVAL)), trialsWith([110, 220]));
  expect(met).toEqual({ text: `<= 1.3 x ${RIVAL}`, value: 1.2, verdict: 'met' });
});
