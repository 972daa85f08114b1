import { expect, test } from '@jest/globals';
import { SECONDS, Stress } from '../support/seal-stress.js';
import { native } from '../support/backends.js';

// Seconds in which a mutant must be found out.
const LONG_ENOUGH = 60;

native.describe('four processes that seal, unseal and change one file, and are killed', () => {
  test(
    'nothing is changed while it is sealed, nothing is refused while it is not, and nothing outlives its process',
    async () => {
      const stress = new Stress(Date.now() % 2 ** 31, []);
      await stress.run(SECONDS, () => false);
      stress.end();
      stress.expectClean();
    },
    120_000 + SECONDS * 1000,
  );

  test.each([
    ['plain', 'succeeded while sealed'],
    ['timid', 'refused while not sealed'],
  ] as const)('the judge finds out one that is %s', async (manner, verdict) => {
    const stress = new Stress(1, [manner]);
    const found = (): boolean => stress.complaints.some((complaint) => complaint.includes(verdict));
    await stress.run(LONG_ENOUGH, found);
    expect(found()).toBe(true);
  });
});
