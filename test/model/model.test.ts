import { backendNames, needsOf } from '../support/backends.js';
import { seeds } from '../support/random.js';
import { runModel } from './run.js';

const RUNS = 60;

for (const backend of backendNames) {
  needsOf(backend).test.each(seeds(1))(`random commands do what the model says (${backend}): seed %i`, (seed) =>
    runModel(backend, seed, RUNS),
  );
}
