// No other flag is taken for MAP_DIRECT, on any kernel. The real flag: test/seals/direct.
import fs from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { map, probeSync, seals, type MapOptions } from '../../../lib/index.js';
import { descriptorsOf, mapsOf } from '../../process/children/inspect.js';
import { expectMisuse, expectSystemError, thrown } from '../../support/errors.js';
import { Scratch } from '../../support/scratch.js';
import { native } from '../../support/backends.js';

const VARIABLE = 'MAPDIRECT_DIRECT_FLAG';
const SIZE = 65536;
const scratch = new Scratch();
const before = process.env[VARIABLE];

afterEach(() => {
  if (before === undefined) delete process.env[VARIABLE];
  else process.env[VARIABLE] = before;
});

/** Mappings and descriptors of this process in the temporary directory: scratch files have no other name. */
function traces(): { maps: number; descriptors: number } {
  return { maps: mapsOf(scratch.dir), descriptors: descriptorsOf(scratch.dir) };
}

function expectNothingLeft(path: string): void {
  expect(traces()).toEqual({ maps: 0, descriptors: 0 });
  expect(seals.list()).toEqual([]);
  const inode = `:${fs.statSync(path).ino} `;
  expect(
    fs
      .readFileSync('/proc/locks', 'latin1')
      .split('\n')
      .filter((line) => line.includes(inode)),
  ).toEqual([]);
  fs.truncateSync(path, SIZE); // to the size that it has: a seal of the kernel's would refuse it
}

const NO_BIT = /0x[\da-f]+ (?:is not MAP_DIRECT here: E[A-Z]+|is taken by this kernel, but does not seal)/;
const wrongBits: readonly (readonly [string, string, RegExp])[] = [
  ['0x40', "v4's, which is MAP_32BIT", /0x40 is MAP_32BIT here/],
  ['0x80000', "that of v6 to v9, which is MAP_SYNC", /0x80000 is MAP_SYNC here/],
  ['524288', 'the same in decimal', /0x80000 is MAP_SYNC here/],
  ['0x2', 'MAP_PRIVATE', /0x2 is MAP_PRIVATE here/],
  ['0x8000', 'MAP_POPULATE', /0x8000 is MAP_POPULATE here/],
  ['0x2000000', 'unused', NO_BIT],
  ['0x80', 'one that older kernels ignore', NO_BIT],
  ['0x80000000', 'the last', NO_BIT],
]; // prettier-ignore

native.describe(VARIABLE, () => {
  test.each(wrongBits)('%s, %s: no MAP_DIRECT, with the reason, and nothing is left', (text, _, reason) => {
    const path = scratch.file(SIZE);
    process.env[VARIABLE] = text;
    const error = thrown(() => map(path, { direct: { enforcement: 'kernel' } }));
    expectSystemError(error, 'EOPNOTSUPP', 'mmap', path);
    expect(error.message).toMatch(reason);
    expectNothingLeft(path);
    expect(probeSync(path).mapDirect).toMatchObject({ answer: 'no', reason: expect.stringMatching(reason) });
    expectNothingLeft(path);
    const mapping = map(path, { direct: 'auto' });
    expect(mapping.durability.reasons.join(' ')).toMatch(reason);
    expect(mapping.seals.map(({ enforcement }) => enforcement)).not.toContain('kernel');
    expect(mapping.flags & Number(text) & ~0x80003).toBe(0); // beyond the flags of every mapping
    mapping.close();
    expectNothingLeft(path);
  });

  test('without the variable: no MAP_DIRECT, and the reason names it', () => {
    delete process.env[VARIABLE];
    const path = scratch.file(SIZE);
    expect(thrown(() => map(path, { direct: { enforcement: 'kernel' } })).message).toContain(`no bit of a patched one`);
    expectNothingLeft(path);
  });

  const malformed = ['3', '0x1000001', '0', '0x', 'yes', '-1', '1.5', '0x100000000', ' 0x1000000'];
  const takers: readonly MapOptions['direct'][] = ['auto', 'require', { enforcement: 'kernel' }];
  test.each(malformed)("'%s' is not a single bit: an error, and no file is made", (text) => {
    process.env[VARIABLE] = text;
    for (const direct of takers) {
      const path = scratch.path();
      expectMisuse(
        thrown(() => map(path, { create: true, size: SIZE, direct })),
        'ERR_INVALID_ARG_VALUE',
        VARIABLE,
      );
      expect(fs.existsSync(path)).toBe(false);
    }
    expect(traces()).toEqual({ maps: 0, descriptors: 0 });
  });

  test('it is read for a seal only', () => {
    process.env[VARIABLE] = 'yes';
    map(scratch.file(SIZE)).close();
  });
});
