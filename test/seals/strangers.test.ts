import { describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import { map, type Extent, type Seal } from '../../lib/index.js';
import { placesForSeals, run, type Place } from '../support/file-system-under-test.js';
import { eventually, PAGE } from './rules/rule.js';
import { native } from '../support/backends.js';
import { skipFor } from '../support/skip.js';

const LENGTH = 8 * PAGE;

function writeAsStranger(path: string, page: number): void {
  run('dd', 'if=/dev/urandom', `of=${path}`, 'bs=4096', 'count=1', `seek=${page}`, 'conv=notrunc,fsync', 'status=none');
}

/** A change by a stranger, and the extents that the report must name: [offset, length, flags] of each that moved. */
interface Action {
  readonly title: string;
  readonly on: readonly Place['kind'][];
  readonly commit: (path: string, place: Place) => void;
  readonly moved: (extent: Extent[], place: Place) => void;
}

/** Of one page. How many of its neighbours move with it is the file system's choice. */
function expectMoved(moved: readonly Extent[], page: number): void {
  const named = moved.filter(({ offset, length }) => offset <= page * PAGE && offset + length >= (page + 1) * PAGE);
  expect(named.map(({ flags }) => flags)).toEqual([[]]);
}

const everywhere = ['ext4', 'xfs', 'tmpfs', 'btrfs'] as const;

const actions: readonly Action[] = [
  {
    title: 'truncate',
    on: everywhere,
    commit: (path) => run('truncate', '--size', String(3 * PAGE), path),
    moved: (moved) => expect(moved).toEqual([{ offset: 3 * PAGE, length: 5 * PAGE, flags: ['hole'] }]),
  },
  {
    title: 'truncate to nothing and write anew',
    on: everywhere,
    commit: (path) => run('sh', '-c', 'printf x > "$0"; sync "$0"', path),
    moved: (moved) => expect(moved.at(-1)).toEqual({ offset: 1, length: LENGTH - 1, flags: ['hole'] }),
  },
  {
    title: 'punch',
    on: everywhere,
    commit: (path) => run('fallocate', '--punch-hole', '--offset', String(2 * PAGE), '--length', String(PAGE), path),
    moved: (moved) => expect(moved).toEqual([{ offset: 2 * PAGE, length: PAGE, flags: ['hole'] }]),
  },
  {
    title: 'zero a range',
    on: ['ext4', 'xfs', 'btrfs'],
    commit: (path) => run('fallocate', '--zero-range', '--offset', String(2 * PAGE), '--length', String(PAGE), path),
    moved: (moved) => expect(moved).toMatchObject([{ offset: 2 * PAGE, length: PAGE }]),
  },
  {
    title: 'collapse',
    on: ['ext4', 'xfs'],
    commit: (path) =>
      run('fallocate', '--collapse-range', '--offset', String(2 * PAGE), '--length', String(PAGE), path),
    moved: (moved) => {
      expect(moved[0]?.offset).toBe(2 * PAGE);
      expect(moved.at(-1)).toEqual({ offset: 7 * PAGE, length: PAGE, flags: ['hole'] });
      expect(moved.reduce((sum, { length }) => sum + length, 0)).toBe(6 * PAGE);
    },
  },
  {
    title: 'insert',
    on: ['ext4', 'xfs'],
    commit: (path) => run('fallocate', '--insert-range', '--offset', String(2 * PAGE), '--length', String(PAGE), path),
    moved: (moved) =>
      expect([moved[0]?.offset, moved.reduce((sum, { length }) => sum + length, 0)]).toEqual([2 * PAGE, 7 * PAGE]),
  },
  {
    title: 'reflink',
    on: ['xfs', 'btrfs'],
    commit: (path, place) => run('cp', '--reflink=always', path, place.path('copy')),
    moved: (moved) => expect(moved).toEqual([{ offset: 0, length: LENGTH, flags: ['shared'] }]),
  },
  {
    title: 'reflink and overwrite',
    on: ['xfs', 'btrfs'],
    commit: (path, place) => {
      const copy = place.path('copy');
      run('cp', '--reflink=always', path, copy);
      writeAsStranger(path, 2);
      fs.unlinkSync(copy);
      run('sync', '--file-system', path);
    },
    moved: (moved) => expectMoved(moved, 2),
  },
];

function sealed(path: string): { seal: Seal; heard: Extent[][]; end(): void } {
  const mapping = map(path);
  const seal = mapping.seal();
  const heard: Extent[][] = [];
  seal.on('violated', ({ moved }) => heard.push(moved));
  return { seal, heard, end: () => mapping.close() };
}

/** Operations that change no block are no violation, although the hints of the kernel fire. */
async function expectQuiet(seal: Seal, path: string): Promise<void> {
  writeAsStranger(path, 7);
  fs.utimesSync(path, 1, 2);
  expect(seal.verify()).toEqual({ state: 'held', moved: [] });
}

function suite(place: Place): void {
  for (const { title, commit, moved } of actions.filter(({ on }) => on.includes(place.kind))) {
    test(`rule 34: ${title}: heard of and named`, async () => {
      const path = place.file(LENGTH);
      const { seal, heard, end } = sealed(path);
      try {
        await expectQuiet(seal, path);
        expect(heard).toEqual([]);
        commit(path, place);
        await eventually("the event 'violated'", () => heard.length > 0);
        const report = seal.verify();
        expect([report.state, seal.state]).toEqual(['violated', 'violated']);
        moved(report.moved, place);
      } finally {
        end();
      }
    });
  }

  if (!place.reflink) return;
  test('rule 34: reflink, then a store into the mapping: the block that moved is named', async () => {
    const path = place.file(LENGTH);
    using mapping = map(path);
    const seal = mapping.seal();
    const copy = place.path('copy');
    run('cp', '--reflink=always', path, copy);
    mapping.fill(7, 4 * PAGE, PAGE);
    fs.unlinkSync(copy);
    run('sync', '--file-system', path);
    const { state, moved } = seal.verify();
    expect(state).toBe('violated');
    expectMoved(moved, 4);
  });
}

describe('strangers', () => {
  for (const place of placesForSeals())
    native.and(skipFor(place.missing)).suite(`on ${place.name}`, () => suite(place));
});
