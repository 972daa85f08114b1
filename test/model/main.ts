// Random commands against a simple model, on both backends, on a large disk and on a small one that another program
// fills.
//   npm run model -- [--runs 1000] [--seed 1] [--backend native] [--place small]
import { parseArgs } from 'node:util';
import { backendNames } from './backend-names.js';
import { placeNames, type PlaceName } from './place.js';
import { missingSmallPlace, runSession } from './run-session.js';

const text = { type: 'string' } as const;
const { values: given } = parseArgs({ options: { runs: text, seed: text, backend: text, place: text } });
const runs = Number(given.runs ?? 1000);
const seed = Number(given.seed ?? Date.now() % 2 ** 31);

/** The words that the option leaves. */
function chosen<Word extends string>(words: readonly Word[], option: string | undefined): readonly Word[] {
  const left = words.filter((word) => option === undefined || option === word);
  if (left.length === 0) throw new Error(`'${option}' is none of ${words.join(', ')}`);
  return left;
}

/** The places that this machine has. */
function places(): readonly PlaceName[] {
  const missing = missingSmallPlace();
  if (missing !== undefined) console.log(`small: left out; ${missing}`);
  return chosen(placeNames, given.place).filter((place) => place === 'large' || missing === undefined);
}

async function main(): Promise<void> {
  for (const place of places()) {
    for (const backend of chosen(backendNames, given.backend)) {
      const start = Date.now();
      console.log(`${backend}, ${place} disk: seed ${seed}, ${runs} runs`);
      await runSession({ backend, place, seed, runs });
      const seconds = ((Date.now() - start) / 1000).toFixed(0);
      console.log(`${backend}, ${place} disk: done in ${seconds} s on Node ${process.version}`);
    }
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
