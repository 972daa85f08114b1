// Changes of the block map by the owner of an exclusive seal, or by its stores, are no violation. Changes by a stranger
// are.
import { describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import { files, map, type Extent, type Mapping, type Seal } from '../../lib/index.js';
import { placesForSeals, run, type Place } from '../support/file-system-under-test.js';
import { eventually, PAGE } from './rules/rule.js';
import { native } from '../support/backends.js';
import { skipFor } from '../support/skip.js';

const LENGTH = 8 * PAGE;
const LONGER = 32 * PAGE;

interface Owned {
  readonly path: string;
  readonly mapping: Mapping;
  readonly seal: Seal;
  readonly heard: Extent[][];
}

function withSeal(path: string, body: (owned: Owned) => Promise<void>): Promise<void> {
  const mapping = map(path);
  const seal = mapping.seal({ policy: 'exclusive' });
  const heard: Extent[][] = [];
  seal.on('violated', ({ moved }) => heard.push(moved));
  return body({ path, mapping, seal, heard }).finally(() => mapping.close());
}

/**
 * A change of the owner's. Afterwards the mapping has LONGER bytes, and the part from `page` on wants blocks or is
 * unwritten.
 */
interface Change {
  readonly title: string;
  readonly page: number;
  readonly make: (owned: Owned) => void;
}

const changes: readonly Change[] = [
  { title: 'resize()', page: 8, make: ({ mapping }) => mapping.resize(LONGER) },
  {
    title: 'files.fallocate()',
    page: 8,
    make({ path, mapping }) {
      const fd = files.open(path, 'r+');
      files.fallocate(fd, 0, 0, LONGER);
      fs.closeSync(fd);
      mapping.resize(LONGER);
    },
  },
  {
    title: 'files.truncate() to more',
    page: 8,
    make({ path, mapping }) {
      files.truncate(path, 2 * LONGER);
      mapping.resize(LONGER); // the file is longer already: the new part stays a hole
    },
  },
  {
    title: "advise('remove')",
    page: 2,
    make({ mapping }) {
      mapping.resize(LONGER);
      mapping.advise('remove', 2 * PAGE, 4 * PAGE);
    },
  },
];

function expectHeld({ seal, heard }: Owned): void {
  expect([seal.verify(), heard]).toEqual([{ state: 'held', moved: [] }, []]);
}

/** Ends with a report of each kind of reading: the one after a hint, and verify(). */
async function storeAndLook(owned: Owned, page: number): Promise<void> {
  const { mapping } = owned;
  expectHeld(owned);
  mapping.write(Buffer.alloc(3 * PAGE, 1), page * PAGE); // plain stores, and persisted
  expectHeld(owned);
  mapping.fill(2, page * PAGE, LONGER - page * PAGE); // part of them for the second time
  fs.utimesSync(owned.path, 1, 2); // a hint
  await new Promise((resolve) => setTimeout(resolve, 60));
  expectHeld(owned);
}

function suite(place: Place): void {
  for (const { title, page, make } of changes) {
    test(`${title}, then plain stores there: held`, () =>
      withSeal(place.file(LENGTH), async (owned) => {
        make(owned);
        await storeAndLook(owned, page);
      }));

    test(`${title}, then plain stores there, then a stranger punches into them: violated`, () =>
      withSeal(place.file(LENGTH), async (owned) => {
        make(owned);
        await storeAndLook(owned, page);
        run('fallocate', '--punch-hole', '--offset', String((page + 1) * PAGE), '--length', String(PAGE), owned.path);
        await eventually("the event 'violated'", () => owned.heard.length > 0);
        expect(owned.seal.verify()).toEqual({
          state: 'violated',
          moved: [{ offset: (page + 1) * PAGE, length: PAGE, flags: ['hole'] }],
        });
      }));
  }

  test('a stranger makes the file longer after the owner did: violated', () =>
    withSeal(place.file(LENGTH), async ({ path, mapping, seal }) => {
      mapping.resize(LONGER);
      expect(seal.verify().state).toBe('held');
      run('truncate', '--size', String(LONGER + PAGE), path);
      expect(seal.verify()).toMatchObject({ state: 'violated', moved: [{ offset: LONGER, length: PAGE }] });
    }));

  test('verify() in the middle of a change of the owner: held, and held after it', () =>
    withSeal(place.file(LENGTH), async (owned) => {
      const undo = files.guard(fs);
      try {
        let between = 'nothing was asked';
        async function* inTwoParts(): AsyncGenerator<Buffer> {
          yield Buffer.alloc(PAGE, 1);
          between = owned.seal.verify().state;
          yield Buffer.alloc(PAGE, 2);
        }
        await fs.promises.writeFile(owned.path, inTwoParts(), { flag: 'a' });
        expect([between, fs.statSync(owned.path).size]).toEqual(['held', LENGTH + 2 * PAGE]);
        expectHeld(owned);
      } finally {
        undo();
      }
    }));

  if (!place.reflink) return;
  test('a clone that the owner makes, then plain stores into the shared blocks: held', () =>
    withSeal(place.file(LENGTH), async (owned) => {
      files.clone(owned.path, place.path('clone'));
      expectHeld(owned);
      owned.mapping.fill(3, 0, 2 * PAGE);
      expectHeld(owned);
    }));

  test('a clone that a stranger makes: violated', () =>
    withSeal(place.file(LENGTH), async ({ path, mapping, seal }) => {
      mapping.resize(LONGER);
      mapping.fill(3);
      expect(seal.verify().state).toBe('held');
      run('cp', '--reflink=always', path, place.path('clone'));
      expect(seal.verify()).toMatchObject({ state: 'violated', moved: [{ offset: 0, flags: ['shared'] }] });
    }));
}

describe('an exclusive seal', () => {
  for (const place of placesForSeals())
    native.and(skipFor(place.missing)).suite(`on ${place.name}`, () => suite(place));
});
