// One run of the model, in a process of its own: the last sign of a fault may be a signal.
//   node dist/test/model/session.js --backend native --place small --runs 1000 --seed 1
import { parseArgs } from 'node:util';
import type { BackendUnderTest } from '../support/backends.js';
import type { PlaceName } from './place.js';
import { runModel } from './run.js';

const text = { type: 'string', default: '' } as const;
const { values: given } = parseArgs({ options: { backend: text, place: text, runs: text, seed: text } });

void runModel({
  backend: given.backend as BackendUnderTest,
  place: given.place as PlaceName,
  runs: Number(given.runs),
  seed: Number(given.seed),
});
