// mapdirect bench: the order of its samples, its report, and the file that it leaves behind in no case.
import { describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { measure, median, type Measured } from '../../lib/cli/bench/measure.js';
import { formatRatio, formatTime, remarks, reportBench, type BenchHead } from '../../lib/cli/bench/report.js';
import { describeBackends } from '../support/backends.js';
import { cleanEnvironment } from '../support/clean-environment.js';
import { mountPoint, testOn } from '../support/mounts.js';
import { CLI } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';
import { skipUnless } from '../support/skip.js';
import { cli } from './run-cli.js';

const scratch = new Scratch();
const QUICK = ['--size', '1M', '--seconds', '0.1'];

function directory(): string {
  const path = scratch.path('dir');
  mkdirSync(path);
  return path;
}

describe('measure()', () => {
  test('the two ways follow each other, and their order changes with each round', async () => {
    const calls: string[] = [];
    const way = (name: string) => ({ name, run: () => void calls.push(name) });
    const row = (name: string) => ({ name, ours: way(`${name}1`), other: way(`${name}2`), most: 1 });
    const begun: string[] = [];
    const found = await measure([row('a'), row('b')], {
      rounds: 3,
      budget: 1,
      onSample: async (done, total, name) => void begun.push(`${done}/${total} ${name}`),
    });
    const [even, odd] = [
      ['a1', 'a2', 'b1', 'b2'],
      ['a2', 'a1', 'b2', 'b1'],
    ];
    expect(calls).toEqual([...even, ...odd, ...even, ...odd]); // the first round is the warm-up
    expect(begun).toHaveLength(16);
    expect(begun.slice(0, 3)).toEqual(['0/16 a', '1/16 a', '2/16 b']);
    expect(found.map(({ name, ours, other }) => [name, ours.name, other.name])).toEqual([
      ['a', 'a1', 'a2'],
      ['b', 'b1', 'b2'],
    ]);
    for (const { ours, other, ratio } of found) {
      expect(Math.min(ours.nanoseconds, other.nanoseconds, ratio.lowest)).toBeGreaterThan(0);
      expect(ratio.lowest).toBeLessThanOrEqual(ratio.median);
      expect(ratio.median).toBeLessThanOrEqual(ratio.highest);
    }
  });

  test('a sample is so long that the clock can measure it, and never longer than `most`', async () => {
    const counts: number[] = [];
    const way = { name: 'quick', run: (count: number) => void counts.push(count) };
    const rows = [{ name: 'row', ours: way, other: way, most: 5000 }];
    await measure(rows, { rounds: 1, budget: 1e9, onSample: async () => undefined });
    expect([counts[0], counts[1], Math.max(...counts), counts.at(-1)]).toEqual([1, 8, 5000, 5000]);
  });

  test('an abort ends it before the next sample', async () => {
    let runs = 0;
    const way = { name: 'way', run: () => void runs++ };
    const measured = measure([{ name: 'row', ours: way, other: way, most: 1 }], {
      rounds: 5,
      budget: 1,
      onSample: async (done) => {
        if (done === 3) throw new Error('aborted');
      },
    });
    await expect(measured).rejects.toThrow('aborted');
    expect(runs).toBe(3);
  });

  test('the median of an odd and an even number of values', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7]);
  });
});

describe('the report', () => {
  test.each([
    [0.04, '0.0 ns'],
    [1, '1.0 ns'],
    [52, '52 ns'],
    [999.4, '999 ns'],
    [999.6, '1.0 us'],
    [1530, '1.5 us'],
    [38_000_000, '38 ms'],
    [2.5e9, '2.5 s'],
    [4e13, '40000 s'],
  ])('%d ns is %s', (nanoseconds, text) => {
    expect(formatTime(nanoseconds)).toBe(text);
  });

  test.each([
    [0.0521, '0.052'],
    [0.998, '1'],
    [3.14159, '3.1'],
    [41.3, '41'],
  ])('a ratio of %d is %s', (ratio, text) => {
    expect(formatRatio(ratio)).toBe(text);
  });

  const head = (more: object): BenchHead =>
    ({
      path: '/mnt',
      size: 2 ** 20,
      rounds: 7,
      load: 1,
      durability: { granularity: 'page', domain: 'storage', backend: 'native', ...more },
    }) as BenchHead;
  const row: Measured = {
    name: 'read',
    ours: { name: 'view', nanoseconds: 100 },
    other: { name: 'fs', nanoseconds: 400 },
    ratio: { median: 0.25, lowest: 0.2, highest: 1.5 },
  };

  function reported(columns: number, isTTY: boolean): string[] {
    let text = '';
    const stdout = { write: (more: string) => (text += more), isTTY, columns };
    reportBench(head({}), [row], { stdout, stderr: stdout, env: {} });
    return text.split('\n');
  }

  test.each([60, 80, 200])('%d columns: the longer time has the whole width, the other its share of it', (columns) => {
    const lines = reported(columns, true);
    expect(lines).toContain('read: 0.25 x (0.2 to 1.5)');
    const [ours = '', other = ''] = lines.slice(lines.indexOf('read: 0.25 x (0.2 to 1.5)') + 1);
    const width = columns - 1 - 30;
    expect(ours).toBe(`  view${' '.repeat(16)}100 ns  \x1b[32m${'#'.repeat(Math.round(width / 4))}\x1b[39m`);
    expect(other).toBe(`  fs${' '.repeat(18)}400 ns  ${'#'.repeat(width)}`);
  });

  test('no colour off a terminal', () => {
    expect(reported(80, false).join('\n')).not.toContain('\x1b');
  });

  test.each<[string, RegExp, object]>([
    ['a disk', /waits for the flush of the disk in both ways/, {}],
    ['memory', /no durable write waits for a disk/, { domain: 'volatile' }],
    ['the emulation', /a copy of the file on the heap/, { backend: 'emulated' }],
    ['a forced granularity', /persist\(\) does not write to the disk/, { granularity: 'byte', forced: true }],
  ])('%s is explained', (_title, sentence, more) => {
    expect(remarks(head(more)).join(' ')).toMatch(sentence);
  });

  test('a busy machine is named, a quiet one is not', () => {
    const said = (load: number) => remarks({ ...head({}), load }).join(' ');
    expect(said(1.26)).toContain('1.3 programs wait for each processor: repeat it on a quiet machine.');
    expect(said(1)).not.toContain('processor');
  });
});

describeBackends('mapdirect bench', (backend) => {
  const options = { encoding: 'utf8', env: { ...cleanEnvironment(), MAPDIRECT_BACKEND: backend } } as const;

  test('the text: a heading and two bars for each row, and no file is left', () => {
    const dir = directory();
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'bench', dir, ...QUICK], options);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`${dir}  (a file of 1 MiB, removed afterwards)\n`);
    expect(stdout).toContain(`backend ${backend}; medians of 7 rounds`);
    expect(stdout.match(/^\S.*: [\d.e+-]+ x \([\d.e+-]+ to [\d.e+-]+\)$/gm)).toHaveLength(7);
    expect(stdout.match(/^ {2}\S.* (ns|us|ms|s) {2}#+$/gm)).toHaveLength(14);
    expect(readdirSync(dir)).toEqual([]);
  });

  test('--json: the shape of schema 1; PATH can be a file', () => {
    const dir = directory();
    const args = [CLI, 'bench', join(dir, 'file'), ...QUICK, '--json'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const json = JSON.parse(stdout) as { rows: Measured[]; durability: { backend: string } };
    const side = { name: expect.any(String), nanoseconds: expect.any(Number) };
    const ratio = { median: expect.any(Number), lowest: expect.any(Number), highest: expect.any(Number) };
    expect(json).toEqual({
      schema: 1,
      mapdirect: expect.any(String),
      runtime: `Node.js ${process.versions.node}`,
      kernel: expect.any(String),
      path: dir,
      size: 2 ** 20,
      durability: expect.objectContaining({ backend }),
      rounds: 7,
      load: expect.any(Number),
      rows: Array.from({ length: 7 }, () => ({ name: expect.any(String), ours: side, other: side, ratio })),
    });
    expect(new Set(json.rows.map(({ name }) => name)).size).toBe(7);
    expect(readdirSync(dir)).toEqual([]);
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s: the file is removed, and nothing is printed as a result',
  async (signal) => {
    const dir = directory();
    const child = spawn(process.execPath, [CLI, 'bench', dir, '--size', '1M', '--seconds', '60'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'close');
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
    // The handler of the signal is older than the file.
    while (readdirSync(dir).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill(signal);
    expect(await ended).toEqual([null, signal]);
    expect(said).toEqual({
      stdout: '',
      stderr: 'mapdirect bench: interrupted before its end, so it shows nothing\n',
    });
    expect(readdirSync(dir)).toEqual([]);
  },
);

skipUnless(existsSync('/dev/full'), 'there is no /dev/full', 'run the tests on Linux').test(
  'standard output on a full disk: exit code 3, and no file is left',
  () => {
    const dir = directory();
    const full = openSync('/dev/full', 'w');
    const stdio: ['ignore', number, 'pipe'] = ['ignore', full, 'pipe'];
    const { status, stderr } = spawnSync(process.execPath, [CLI, 'bench', dir, ...QUICK], { stdio, encoding: 'utf8' });
    closeSync(full);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^mapdirect: standard output cannot be written: ENOSPC[^\n]*\n$/);
    expect(readdirSync(dir)).toEqual([]);
  },
);

testOn(mountPoint('tmpfs', 65536), 'a file system without room: exit code 1, and no file is left', async (dir) => {
  const { code, stdout, stderr } = await cli(['bench', dir, ...QUICK]);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^mapdirect: ENOSPC/);
  expect(readdirSync(dir)).toEqual([]);
});

test.each<[string, RegExp, string[]]>([
  ['no such directory', /There is no directory/, [join(scratch.path('none'), 'file')]],
  ['a file that is too small', /from 1 MiB to 1 GiB/, ['.', '--size', '64K']],
  ['no time', /--seconds/, ['.', '--seconds', '0']],
])('%s: usage', async (_title, message, args) => {
  const { code, stdout, stderr } = await cli(['bench', ...args]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
});

test('--help', async () => {
  const { code, stdout } = await cli(['bench', '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('Usage: mapdirect bench [PATH]');
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});
