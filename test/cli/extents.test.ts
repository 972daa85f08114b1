import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  openSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { cells, extentKind, looks, paint } from '../../lib/cli/extents/picture.js';
import { verdict } from '../../lib/cli/extents/report.js';
import type { ExtentFlag } from '../../lib/storage/extent-flags.js';
import type { Extent } from '../../lib/file/extent-map.js';
import { extents } from '../../lib/extents.js';
import { mountPoint, testOn } from '../support/mounts.js';
import { cli } from './run-cli.js';
import { PAGE } from '../support/sizes.js';
import { native } from '../support/backends.js';
import { watermark } from '../support/watermark.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

const MIB = 2 ** 20;

/** Of that many bytes: data in the first and third of four parts, holes in the others. */
function striped(path: string, size: number): string {
  const fd = openSync(path, 'w');
  for (const at of [0, size / 2]) writeSync(fd, watermark(0, size / 4), 0, size / 4, at);
  fsyncSync(fd);
  closeSync(fd);
  truncateSync(path, size);
  return path;
}

function extent(offset: number, length: number, ...flags: ExtentFlag[]): Extent {
  return { offset, length, flags };
}

/** The rows of the picture, without their offsets. */
function rows(stdout: string): string[] {
  const [, picture = ''] = stdout.split('\n\n');
  return picture.split('\n').map((line) => line.slice(12));
}

describe('the picture', () => {
  test('every kind has a character of its own', () => {
    const marks = Object.values(looks).map(({ mark }) => mark);
    expect(new Set(marks).size).toBe(marks.length);
    expect(marks.every((mark) => mark.length === 1)).toBe(true);
  });

  test('a cell shows the kind of extent in it, and a mark of its own for several kinds', () => {
    const found = [extent(0, 10), extent(10, 15, 'hole'), extent(25, 10, 'unwritten', 'shared'), extent(35, 5)];
    expect(paint(cells(found, 40, 8), false)).toBe('##...~~#');
    expect(paint(cells(found, 40, 4), false)).toBe('#.++');
    expect(paint(cells(found, 40, 1), false)).toBe('+');
    expect(paint(cells(found, 40, 1000), false)).toHaveLength(40);
  });

  test('two extents of one kind in a cell are no mixture, and the file is covered to its last byte', () => {
    expect(paint(cells([extent(0, 3), extent(3, 4)], 7, 2), false)).toBe('##');
    const size = 2 ** 52 + 3;
    const huge = cells([extent(0, size - 1, 'hole'), extent(size - 1, 1)], size, 1000);
    expect(huge).toHaveLength(1000);
    expect([huge[0], huge[998], huge[999]]).toEqual(['hole', 'hole', 'several']);
  });

  test('the first flag is the kind', () => {
    expect(extentKind(extent(0, 1))).toBe('written');
    expect(extentKind(extent(0, 1, 'delalloc', 'unknown'))).toBe('delalloc');
  });

  test('colour: one sequence a run, and the default colour at the end', () => {
    expect(paint(['written', 'written', 'hole'], true)).toBe('\x1b[32m##\x1b[90m.\x1b[39m');
    expect(paint([], true)).toBe('');
  });

  test.each<[RegExp, Extent[]]>([
    [/empty/, []],
    [/nothing to prepare/, [extent(0, 1)]],
    [/first give/, [extent(0, 1), extent(1, 1, 'hole')]],
    [/first give/, [extent(0, 1, 'delalloc', 'unknown')]],
    [/cannot be sealed/, [extent(0, 1, 'hole'), extent(1, 1, 'inline')]],
    [/cannot be verified/, [extent(0, 1, 'unknown')]],
  ])('a seal of this file: %s', (said, found) => {
    expect(verdict(found)).toMatch(said);
  });
});

native.describe('mapdirect extents', () => {
  const path = striped(join(scratch.dir, 'striped'), 4 * MIB);

  test('draws the file from its first byte to its last, with legend and list', async () => {
    const { code, stdout, stderr } = await cli(['extents', path]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${path}  (4 MiB, ${extents(path).length} extents; a character is`);
    const picture = rows(stdout).join('');
    const written = extentKind(extents(path)[0] ?? extent(0, 0)); // tmpfs does not tell
    const { mark } = looks[written];
    expect(picture).toMatch(new RegExp(`^[${mark}]{60,}[+]?[.]{60,}[+]?[${mark}]{60,}[+]?[.]{60,}$`));
    expect(stdout).toMatch(new RegExp(`${written} +\\d+ extents? +2 MiB +50\\.0 %`));
    expect(stdout).toMatch(/hole +2 extents +2 MiB +50\.0 %/);
    expect(stdout).toMatch(/^ +1 +1,048,576 +1 MiB {2}hole$/m);
    expect(stdout).not.toContain('\x1b');
  });

  test.each<[string, number, { isTTY?: boolean; columns?: number; env?: Record<string, string> }]>([
    ['80 columns where there is no terminal', 79, {}],
    ['COLUMNS', 59, { env: { COLUMNS: '60' } }],
    ['COLUMNS that is no number counts for nothing', 79, { env: { COLUMNS: 'wide' } }],
    ['the terminal', 119, { isTTY: true, columns: 120 }],
    ['COLUMNS before the terminal', 99, { isTTY: true, columns: 120, env: { COLUMNS: '100' } }],
    ['a terminal of no width', 79, { isTTY: true, columns: 0 }],
    ['never narrower than ten characters', 22, { isTTY: true, columns: 3 }],
  ])('width: %s', async (_title, width, surroundings) => {
    const { stdout } = await cli(['extents', path, '--first', '0'], {
      ...surroundings,
      env: { NO_COLOR: '1', ...surroundings.env },
    });
    const picture = rows(stdout);
    expect(picture).toHaveLength(4);
    expect(picture.map((row) => row.length + 12)).toEqual([width, width, width, width]);
  });

  test.each<[string, boolean, { isTTY: boolean; env: Record<string, string> }]>([
    ['a terminal', true, { isTTY: true, env: {} }],
    ['NO_COLOR', false, { isTTY: true, env: { NO_COLOR: '1' } }],
    ['TERM=dumb', false, { isTTY: true, env: { TERM: 'dumb' } }],
    ['no terminal', false, { isTTY: false, env: {} }],
  ])('colour: %s', async (_title, coloured, surroundings) => {
    const { stdout } = await cli(['extents', path], surroundings);
    expect(stdout.includes('\x1b')).toBe(coloured);
  });

  test('--json is the list of extents() with path and size', async () => {
    const { code, stdout } = await cli(['extents', path, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ schema: 1, path, size: 4 * MIB, extents: extents(path) });
  });

  test('--first says how many are listed, and how many are not', async () => {
    const listed = await cli(['extents', path, '--first', '1']);
    expect(listed.stdout.match(/^ +\d+ +[\d,]+ +\d.*iB {2}\w+$/gm)).toHaveLength(1);
    expect(listed.stdout).toContain(`... and ${extents(path).length - 1} more`);
    expect((await cli(['extents', path, '--first', '0'])).stdout).not.toContain('offset in bytes');
  });

  test('an empty file', async () => {
    const empty = scratch.file(0);
    const { code, stdout } = await cli(['extents', empty]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${empty}  (0 B, 0 extents)\n\nIt is empty: there is nothing to map or to seal.\n`,
    });
    expect(JSON.parse((await cli(['extents', empty, '--json'])).stdout)).toEqual({
      schema: 1,
      path: empty,
      size: 0,
      extents: [],
    });
  });

  test('a file of one page is one row', async () => {
    expect(rows((await cli(['extents', scratch.file(PAGE)])).stdout)).toHaveLength(1);
  });

  test.each<[string, number, RegExp, string[]]>([
    ['a missing file', 1, /ENOENT/, [join(scratch.dir, 'missing')]],
    ['no file', 2, /No FILE/, []],
    ['a word too many', 2, /Unexpected argument/, [path, 'more']],
    ['a misspelled option', 2, /Did you mean '--json'/, [path, '--jsn']],
    ['--first without a number', 2, /--first/, [path, '--first', 'all']],
  ])('%s: exit code %d', async (_title, code, message, args) => {
    const said = await cli(['extents', ...args]);
    expect({ code: said.code, stdout: said.stdout }).toEqual({ code, stdout: '' });
    expect(said.stderr).toMatch(message);
  });

  test('--help', async () => {
    const { code, stdout } = await cli(['extents', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: mapdirect extents FILE');
    expect((await cli(['--help'])).stdout).toMatch(/^ {2}extents {2}/m);
  });

  const xfs = mountPoint('xfs', 300 * MIB);
  testOn(xfs, 'a clone shows as shared', async (dir) => {
    const original = join(dir, 'original');
    writeFileSync(original, watermark(0, MIB));
    copyFileSync(original, join(dir, 'clone'), constants.COPYFILE_FICLONE_FORCE);
    const { stdout } = await cli(['extents', original]);
    expect(rows(stdout).join('')).toMatch(/^=+$/);
    expect(stdout).toMatch(/shared +1 extent +1 MiB +100\.0 %/);
  });
});
