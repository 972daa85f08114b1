// Random commands against a simple model, on both backends.
//   npm run model -- [--runs 1000] [--seed 1]
import { parseArgs } from 'node:util';
import { backendNames } from './backend-names.js';
import { runModel } from './run.js';

const { values: given } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } });
const runs = Number(given.runs ?? 1000);
const seed = Number(given.seed ?? Date.now() % 2 ** 31);

async function main(): Promise<void> {
  for (const backend of backendNames) {
    const start = Date.now();
    console.log(`${backend}: seed ${seed}, ${runs} runs`);
    await runModel(backend, seed, runs);
    console.log(`${backend}: done in ${((Date.now() - start) / 1000).toFixed(0)} s on Node ${process.version}`);
  }
}

void main();
