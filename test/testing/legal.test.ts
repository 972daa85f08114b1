import { describe, test } from '@jest/globals';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BruteForce } from './brute-force.js';
import type { Step, Tier } from './steps.js';
import { failingTraces, simulate, storeInPieces, traces } from './traces.js';

// The same traces in each run, so that a run of CI can be made again. Another number tries others.
const SEED = Number(process.env['MAPDIRECT_TEST_SEED'] ?? 20_261_128);

/** 10,000 traces together. */
const TIERS: readonly { tier: Tier; whole: number; failing: number; pieces: number }[] = [
  { tier: { granularity: 'byte' }, whole: 1300, failing: 0, pieces: 200 },
  { tier: { granularity: 'cache-line' }, whole: 1600, failing: 0, pieces: 200 },
  { tier: { granularity: 'cache-line', lines: 'ordered' }, whole: 1600, failing: 0, pieces: 200 },
  { tier: { granularity: 'page' }, whole: 1200, failing: 600, pieces: 200 },
  { tier: { granularity: 'page', sector: 4096 }, whole: 1200, failing: 600, pieces: 200 },
  { tier: { granularity: 'emulated' }, whole: 600, failing: 300, pieces: 0 },
];

/** The images of the simulator are those of the model, and no other ones. */
async function assertEqualSets(tier: Tier, steps: readonly Step[]): Promise<void> {
  const legal = new BruteForce(tier).run(steps).images;
  assert.deepEqual([...(await simulate(tier, steps))].sort(), [...legal].sort());
}

/** Each image of the model is there; in each other one, words are mixtures of the values that they have had. */
async function assertOnlyTornWordsMore(tier: Tier, steps: readonly Step[]): Promise<void> {
  const model = new BruteForce(tier).run(steps);
  const images = await simulate(tier, steps, storeInPieces);
  for (const legal of model.images) assert(images.has(legal), `missing: ${legal}`);
  for (const image of images) if (!model.images.has(image)) assertTorn(image, model);
}

/** Some words of the image are torn, and with whole values in their places it is an image of the model. */
function assertTorn(image: string, { history, images }: BruteForce): void {
  const [acks, ...words] = image.split(' ');
  const values = [...history.values()].map((set) => [...set]);
  const parts = words.map((text, i) => {
    const options = (values[i] as bigint[]).map((value) => value.toString(16));
    if (options.includes(text)) return [text];
    assert(isMixture(BigInt(`0x${text}`), values[i] as bigint[]), `no mixture of ${options.join(', ')}: ${text}`);
    return options;
  });
  const whole = parts.reduce(
    (heads, part) => heads.flatMap((head) => part.map((text) => `${head} ${text}`)),
    [acks as string],
  );
  assert(
    whole.some((text) => images.has(text)),
    `not in the model: ${image}`,
  );
}

/** Each byte of the word is that of one of the values. */
function isMixture(word: bigint, values: readonly bigint[]): boolean {
  const byteOf = (value: bigint, i: number): bigint => (value >> BigInt(8 * i)) & 0xffn;
  return Array.from({ length: 8 }, (_, i) => i).every((i) =>
    values.some((value) => byteOf(value, i) === byteOf(word, i)),
  );
}

function check(
  arbitrary: fc.Arbitrary<Step[]>,
  numRuns: number,
  property: (steps: Step[]) => Promise<void>,
): Promise<void> {
  return fc.assert(fc.asyncProperty(arbitrary, property), { numRuns, seed: SEED });
}

for (const { tier, whole, failing, pieces } of TIERS) {
  describe(`the images of ${JSON.stringify(tier)}`, () => {
    test(`are those of the model, for ${whole} random traces`, () =>
      check(traces(tier), whole, (steps) => assertEqualSets(tier, steps)));

    if (failing > 0)
      test(`are those of the model, for ${failing} random traces whose persists fail`, () =>
        check(failingTraces(), failing, (steps) => assertEqualSets(tier, steps)));

    if (pieces > 0)
      test(`have only torn words more, for ${pieces} random traces of stores in pieces`, () =>
        check(traces(tier), pieces, (steps) => assertOnlyTornWordsMore(tier, steps)));
  });
}
