// The command line: output that cannot be written, an interrupt, and words in the wrong place.
import { describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cli, type Surroundings } from './run-cli.js';
import { CLI } from '../support/paths.js';
import { native } from '../support/backends.js';
import { Scratch } from '../support/scratch.js';
import { skipUnless } from '../support/skip.js';

const scratch = new Scratch();

function temporary(): string {
  return mkdtempSync(join(scratch.dir, 'tmp-'));
}

skipUnless(existsSync('/dev/full'), 'there is no /dev/full', 'run the tests on Linux').describe(
  'standard output on a full disk',
  () => {
    const commands = [
      ['demo', '--seconds', '0.2', '--size', '1M'],
      ['doctor', scratch.dir],
      ['extents', scratch.file(8192)],
      ['seal', scratch.file(8192)],
      ['--help'],
    ];
    test.each(commands.map((words) => [words.join(' '), words]))(
      '%s: one line, its own exit code, and no file is left',
      (_name, words) => {
        const dir = temporary();
        const full = openSync('/dev/full', 'w');
        const { status, signal, stderr } = spawnSync(process.execPath, [CLI, ...words], {
          stdio: ['ignore', full, 'pipe'],
          env: { ...process.env, TMPDIR: dir },
          encoding: 'utf8',
          timeout: 60_000,
        });
        closeSync(full);
        expect([status, signal]).toEqual([3, null]);
        expect(stderr).toMatch(/^mapdirect: standard output cannot be written: ENOSPC[^\n]*\n$/);
        expect(readdirSync(dir)).toEqual([]);
      },
    );
  },
);

test('demo that is interrupted says that it shows nothing, and leaves no file', async () => {
  const dir = temporary();
  const child = spawn(process.execPath, [CLI, 'demo', '--seconds', '60', '--size', '1G'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: dir },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([null, 'SIGINT']);
  expect(said).toBe('mapdirect demo: interrupted before its end, so it shows nothing\n');
  expect(readdirSync(dir)).toEqual([]);
});

test('an option of a command before the command: usage, saying where it goes', async () => {
  const { code, stderr } = await cli(['--json', 'demo']);
  expect([code, stderr]).toEqual([
    2,
    "mapdirect: Option '--json' goes after the command: mapdirect demo --json.\nTry 'mapdirect --help'.\n",
  ]);
  expect((await cli(['--bogus'])).stderr).toContain("Unknown option '--bogus'");
});

test('help: of the program, and of a command', async () => {
  expect((await cli(['help'])).stdout).toBe((await cli(['--help'])).stdout);
  expect(await cli(['help', 'extents'])).toEqual(await cli(['extents', '--help']));
  const { code, stderr } = await cli(['help', 'sael']);
  expect([code, stderr]).toEqual([
    2,
    "mapdirect: Unknown command 'sael'. Did you mean 'seal'?\nTry 'mapdirect --help'.\n",
  ]);
});

describe('the width of text', () => {
  test.each<[string, number, Surroundings]>([
    ['80 columns in a file or a pipe', 79, {}],
    ['COLUMNS', 59, { env: { COLUMNS: '60' } }],
    ['the terminal', 39, { isTTY: true, columns: 40 }],
  ])('%s', async (_title, width, surroundings) => {
    const { stdout } = await cli(['demo', scratch.dir, '--seconds', '0.1', '--size', '1M'], surroundings);
    const [, ...lines] = stdout.split('\n'); // the first line is the path
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines.filter((line) => line.length > width - 12).length).toBeGreaterThan(5);
  });
});

native.describe('advice in words of the command line', () => {
  test('extents of a directory: EISDIR', async () => {
    const { code, stdout, stderr } = await cli(['extents', scratch.dir]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/EISDIR.*name a file in it/);
  });

  test('seal of a missing file advises no option of map()', async () => {
    const { code, stderr } = await cli(['seal', join(scratch.dir, 'missing')]);
    expect([code, stderr.includes('make it first'), stderr.includes('create: true')]).toEqual([1, true, false]);
  });

  test('seal --verify of a file that is not ready names its own option', async () => {
    const path = join(scratch.dir, 'holes');
    writeFileSync(path, '');
    truncateSync(path, 65536);
    const { code, stderr } = await cli(['seal', path, '--verify']);
    expect([code, stderr.includes('without --verify'), stderr.includes('prepare:')]).toEqual([1, true, false]);
  });
});
