import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Machine } from '../../../bench/facts/machine.js';
import { committedReport, performanceDocument, pictures } from '../../../bench/paths.js';
import { BEGIN, END, replaceReport, reportAsMarkdown } from '../../../bench/report/markdown.js';
import { drawPictures } from '../../../bench/report/pictures.js';
import { formatReport, mergeReports, readReport, type Report } from '../../../bench/report/stored-report.js';
import { benchmarks } from '../../../bench/suites/index.js';
import { skipUnless } from '../../support/skip.js';
import { benchmarkOf, resultOf } from './example.js';

const machine: Machine = {
  date: '2026-01-02T03:04:05.000Z',
  mapdirect: '0.1.0',
  node: 'v20.0.0',
  v8: '11',
  cpu: 'Example CPU',
  cpus: 2,
  architecture: 'x64',
  kernel: 'Linux 6.18',
  memoryBytes: 2 ** 34,
  transparentHugePages: null,
  compiler: null,
  libpmem2: null,
  jdk: '17',
  rivals: { lmdb: '3.0.0', 'mmap-io': null },
};
const report: Report = { effort: 'full', machine, benchmarks: [resultOf()] };

describe('the table', () => {
  const markdown = reportAsMarkdown([benchmarkOf(), benchmarkOf('never run')], report);

  test('names the machine, and the rivals that are there', () => {
    expect(markdown).toContain('- 2026-01-02, mapdirect 0.1.0, Node 20.0.0, Linux 6.18');
    expect(markdown).toContain('- beside: JDK 17, lmdb 3.0.0\n');
  });

  test('has a row for each figure and trial, with the ratio', () => {
    expect(markdown).toContain('| time | **mapdirect** | 4.00 us | 2.00 us .. 6.00 us |  |');
    expect(markdown).toContain('| time | C & <sons> | 2.00 us | 1.00 us .. 3.00 us | 2.00 |');
  });

  test('says why a trial has no figures, without breaking the table', () => {
    expect(markdown).toContain('|  | gone | missing: not installed \\| at all |  |  |');
  });

  test('has targets, file system, rounds and picture, and no benchmark without a result', () => {
    expect(markdown).toContain('- target <= 1.5 x C & <sons>: 2.000, MISSED');
    expect(markdown).toContain('tmpfs, rounds: 3. An example.');
    expect(markdown).toContain('](pictures/example.svg)');
    expect(markdown).not.toContain('never run');
  });
});

describe('replaceReport', () => {
  test('keeps the prose on both sides', () => {
    const document = `before\n${BEGIN}\nold\n${END}\nafter\n`;
    expect(replaceReport(document, 'new\n')).toBe(`before\n${BEGIN}\n\nnew\n\n${END}\nafter\n`);
  });

  test.each([`${BEGIN}\n`, `${END}\n`, '', `${END}\n${BEGIN}\n`, `${BEGIN}${END}${BEGIN}${END}`])(
    'refuses a document without both markers: %j',
    (document) => {
      expect(() => replaceReport(document, 'new')).toThrow('the document needs a line');
    },
  );
});

describe('a stored report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mapdirect-report-'));
  const file = join(folder, 'report.json');

  test('is the same when it is read, to five digits', () => {
    const long = { ...resultOf(), trials: [{ ...resultOf().trials[0]!, samples: { time: [1234.5678] } }] };
    writeFileSync(file, formatReport({ ...report, benchmarks: [long] }));
    expect(readReport(file).benchmarks[0]!.trials[0]!.samples).toEqual({ time: [1234.6] });
    writeFileSync(file, formatReport(report));
    expect(readReport(file)).toEqual(report);
    rmSync(folder, { recursive: true });
  });

  test('is refused if it is another JSON file', () => {
    expect(() => readReport(join(__dirname, '..', '..', '..', '..', 'package.json'))).toThrow('is not a report');
  });
});

describe('mergeReports', () => {
  const now = { ...report, benchmarks: [{ ...resultOf('two'), rounds: 9 }, resultOf('four')] };

  test('replaces the rows of the same benchmark, keeps the others, and adds new ones', () => {
    const last = { ...report, benchmarks: ['one', 'two', 'three'].map(resultOf) };
    const merged = mergeReports(last, now).benchmarks.map(({ name, rounds }) => [name, rounds]);
    expect(merged).toEqual([
      ['one', 3],
      ['two', 9],
      ['three', 3],
      ['four', 3],
    ]);
  });

  test('refuses a report of another machine', () => {
    const other = { ...report, machine: { ...machine, cpu: 'Other CPU' } };
    expect(() => mergeReports(other, now)).toThrow('of another machine');
  });
});

describe('docs/performance.md', () => {
  const document = readFileSync(performanceDocument, 'utf8');

  test('has the two markers', () => {
    expect(replaceReport(document, 'x')).toContain(BEGIN);
  });

  skipUnless(existsSync(committedReport), 'no report is committed yet', 'npm run bench -- --report').test(
    'and the pictures are those of bench/report.json',
    () => {
      const committed = readReport(committedReport);
      expect(document).toBe(replaceReport(document, reportAsMarkdown(benchmarks, committed)));
      const drawn = drawPictures(benchmarks, committed.benchmarks);
      expect(readdirSync(pictures).sort()).toEqual([...drawn.keys()].sort());
      for (const [name, content] of drawn) {
        expect(readFileSync(join(pictures, name), 'utf8')).toBe(content);
        expect(Buffer.byteLength(content)).toBeLessThanOrEqual(20_000);
      }
    },
  );
});
