import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { actorNames, actorOf, type Actor, type ActorName } from '../support/actors.js';
import { levels, Matrix, RULES, type Level } from './matrix.js';
import { placesForSeals, type Place } from '../support/file-system-under-test.js';
import { notApplicable, rules } from './rules/index.js';
import { Trial } from './rules/rule.js';
import { native } from '../support/backends.js';
import { skipFor } from '../support/skip.js';

const places = placesForSeals();
const matrix = new Matrix();
const here = (at: readonly Level[]): readonly Level[] => levels.filter((level) => at.includes(level));
const reasons = new Set(
  notApplicable
    .filter(({ levels: at }) => here(at).length > 0)
    .map(({ rule, levels: at, why }) => `rule ${rule}, ${here(at).join(' and ')}: ${why}`),
);
if (!levels.includes('kernel'))
  reasons.add(
    'level kernel: this kernel has no MAP_DIRECT (rule 3: the demand is refused): npm run test:vm -- --kernel map-direct',
  );

function suite(place: Place, name: ActorName): void {
  let actor: Actor;
  beforeAll(() => {
    actor = actorOf(name);
  });
  afterAll(() => actor.kill());

  for (const { rule, title, levels: at, notHere, body } of rules) {
    const why = notHere?.(place, name);
    if (why !== undefined) {
      reasons.add(`rule ${rule}: ${why}`);
      continue;
    }
    for (const level of here(at)) {
      test(`rule ${rule}: ${title} (${level})`, async () => {
        const passed = matrix.begin(rule, level, place, name);
        const trial = new Trial(place, actor, level);
        try {
          await body(trial);
        } finally {
          await trial.end();
        }
        passed();
      });
    }
  }
}

describe('seals', () => {
  test('every rule has a test or a reason at every level', () => {
    const told = new Set(
      [...rules, ...notApplicable].flatMap(({ rule, levels: at }) => at.map((level) => `${rule} ${level}`)),
    );
    const wanted = Array.from({ length: RULES }, (_, index) => levels.map((level) => `${index + 1} ${level}`)).flat();
    expect(wanted.filter((each) => !told.has(each))).toEqual([]);
  });

  for (const place of places) {
    native.and(skipFor(place.missing)).suite(`on ${place.name}`, () => {
      describe.each(actorNames)('by %s', (name) => suite(place, name));
    });
  }

  // To standard error: that of a test's process is shown, and its standard output may not be.
  afterAll(
    () =>
      void process.stderr.write(
        `\n${matrix.table(
          places.filter(({ missing }) => missing === undefined),
          [...reasons],
        )}\n`,
      ),
  );
});
