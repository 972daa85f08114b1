import { describe } from '@jest/globals';
import { backendNames, needsOf } from '../support/backends.js';
import { seeds } from '../support/random.js';
import { skipFor } from '../support/skip.js';
import { placeNames } from './place.js';
import { missingSmallPlace, runSession } from './run-session.js';

const RUNS = 30;

const needsOfPlace = { large: skipFor(undefined), small: skipFor(missingSmallPlace()) } as const;

describe.each(placeNames)('random commands do what the model says, on a %s disk', (place) => {
  for (const backend of backendNames) {
    const needs = needsOfPlace[place].and(needsOf(backend));
    needs.test.each(seeds(1))(`${backend}: seed %i`, (seed) => runSession({ backend, place, seed, runs: RUNS }));
  }
});
