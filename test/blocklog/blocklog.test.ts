// The contents that a real page cache and a real file system can leave on a disk, beside those of the crash simulator.
// docs/testing.md has the claim and the result.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import { native } from '../support/backends.js';
import { runChild } from '../support/run-child.js';
import { Scratch } from '../support/scratch.js';
import { BlockLog } from './block-log.js';
import { compare, type Comparison, type Sample } from './compare.js';
import { Judge } from './judge.js';
import { diskPaths, inOwnSpaces, loggedFileSystems, type LoggedFileSystem } from './logged-disk.js';
import { loggedDisk } from './needs.js';
import { modelContents, type ModelContents } from './model.js';
import type { Recording } from './recording.js';

const SEED = Number(process.env['MAPDIRECT_TEST_SEED'] ?? 20_261_128);
const FEWEST_WINDOWS = 200;

interface Program {
  readonly name: string;
  /** How many times it runs on each disk, so that there are enough windows. */
  readonly rounds: number;
  /** Is there a content of the model, and one of the disk, that its invariant refuses? */
  readonly refused?: { readonly model: boolean; readonly disk: boolean };
}

const PROGRAMS: readonly Program[] = [
  { name: 'the right log', rounds: 5, refused: { model: false, disk: false } },
  { name: 'one persist for both', rounds: 8, refused: { model: true, disk: true } },
  // Only the model: a disk writes a sector whole, and the kernel makes no copy of it between the stores of one write().
  { name: 'a tail of sixteen bytes', rounds: 5, refused: { model: true, disk: false } },
  // Right on pages: `drain: false` changes nothing there. It is wrong on cache lines.
  { name: 'no drain between the two', rounds: 5, refused: { model: false, disk: false } },
  // A record in two sectors, of which one is on the disk.
  { name: 'no tail, no checksum, old space used again', rounds: 205, refused: { model: true, disk: true } },
  { name: 'random stores', rounds: 5 },
];

const REPLAYS = 12;

const scratch = new Scratch();
const judge = new Judge();
afterAll(() => judge[Symbol.dispose]());
const models: readonly ModelContents[] = PROGRAMS.map((_, program) => modelContents(program, 'page', judge));

async function child(name: string, ...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runChild(name, args, { through: inOwnSpaces });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** The rounds on a disk, and what they have shown. */
interface Outcome {
  readonly dir: string;
  readonly recording: Recording;
  readonly results: readonly Comparison[];
  readonly samples: readonly Sample[];
}

async function recordOn(type: LoggedFileSystem): Promise<Outcome> {
  const dir = scratch.path(type);
  mkdirSync(dir);
  const rounds = PROGRAMS.map((program) => program.rounds).join(',');
  const recording = (await child('blocklog', dir, type, String(SEED), rounds)) as Recording;
  using log = new BlockLog(diskPaths(dir).log);
  return { dir, recording, ...compare(log, recording, models, judge) };
}

const disks = loggedFileSystems.map((type) => ({ type, needed: native.and(loggedDisk(type)) }));
const outcomes = new Map<LoggedFileSystem, Outcome>();
const outcomeOf = (type: LoggedFileSystem): Outcome => outcomes.get(type) as Outcome;
beforeAll(async () => {
  const usable = disks.filter(({ needed }) => needed.missing === undefined);
  await Promise.all(usable.map(async ({ type }) => outcomes.set(type, await recordOn(type))));
});

describe.each(disks)('a disk with $type', ({ type, needed }) => {
  needed.describe.each(PROGRAMS.map((each, program) => ({ ...each, program })))('$name', ({ program, refused }) => {
    const found = (): Comparison => outcomeOf(type).results[program] as Comparison;

    test('the log of requests has the file of each round, at its begin and at its end', () => {
      expect(found().astray).toEqual([]);
    });

    test('the program makes the same calls on the disk and on the model', () => {
      const rounds = outcomeOf(type).recording.rounds.filter((round) => round.program === program);
      expect(rounds.length).toBeGreaterThan(0);
      for (const { marks } of rounds) expect(marks).toEqual(models[program]?.marks);
    });

    test('each content that the disk may have is one of the model', () => {
      expect(found().windows).toBeGreaterThanOrEqual(FEWEST_WINDOWS);
      expect(found().outside).toEqual([]);
    });

    if (refused !== undefined)
      test('the verdicts of model and disk', () => {
        const { violations = 0 } = models[program] ?? {};
        expect({ model: violations > 0, disk: found().violations > 0 }).toEqual(refused);
      });
  });

  needed.test('pages are written back before their persist, and show a fault without any sector out of order', () => {
    const [, onePersist, , , , stores] = outcomeOf(type).results;
    expect(stores?.early).toBeGreaterThan(0);
    expect(onePersist?.early).toBeGreaterThan(0);
    expect(onePersist?.inOrder).toBeGreaterThan(0);
  });

  needed.test('after a power cut the file system shows the content that the log of requests has', async () => {
    const { dir, samples } = outcomeOf(type);
    const chosen = Array.from({ length: REPLAYS }, (_, n) => samples[Math.floor((n * samples.length) / REPLAYS)]);
    const positions = chosen.map((sample) => sample?.position).join(',');
    expect(await child('blocklog-replay', dir, type, positions)).toEqual(chosen.map((sample) => sample?.content));
    expect(new Set(chosen.map((sample) => sample?.content)).size).toBeGreaterThan(REPLAYS / 2);
  });
});

test('the log without a drain is wrong on cache lines', () => {
  const program = PROGRAMS.findIndex(({ name }) => name === 'no drain between the two');
  expect(modelContents(program, 'cache-line', judge).violations).toBeGreaterThan(0);
});
