import fs from 'node:fs';
import type { Effort } from '../benchmark.js';
import type { Machine } from '../facts/machine.js';
import type { BenchmarkResult } from '../runner.js';

/** The results of a run, as --json and --report write them. */
export interface Report {
  readonly effort: Effort;
  readonly machine: Machine;
  readonly benchmarks: readonly BenchmarkResult[];
}

const DIGITS = 5;

/** Five digits: more than any figure has. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value;
}

/** JSON with a line for each benchmark, so that a diff of two reports can be read. */
export function formatReport({ effort, machine, benchmarks }: Report): string {
  const lines = benchmarks.map((result) => JSON.stringify(result, rounded));
  return [
    '{',
    `"effort": ${JSON.stringify(effort)},`,
    `"machine": ${JSON.stringify(machine)},`,
    '"benchmarks": [',
    lines.join(',\n'),
    ']',
    '}',
    '',
  ].join('\n');
}

/** @throws Error if the file is not there, or is not a report. */
export function readReport(file: string): Report {
  const report = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Report> | null;
  if (report?.machine === undefined || report.effort === undefined || !Array.isArray(report.benchmarks))
    throw new Error(`${file} is not a report: write one with --json`);
  return report as Report;
}

/** The facts that decide whether the rows of two runs may stand in one table. */
function sameMachine(one: Machine, other: Machine): boolean {
  const facts = ({ cpu, cpus, kernel, node, mapdirect }: Machine): string =>
    [cpu, cpus, kernel, node, mapdirect].join('\n');
  return facts(one) === facts(other);
}

/**
 * The last report with the results of this run in place of their older ones.
 *
 * @throws Error if it is of another machine.
 */
export function mergeReports(last: Report, now: Report): Report {
  if (!sameMachine(last.machine, now.machine))
    throw new Error('the last report is of another machine, Node, kernel or version: run all benchmarks');
  const fresh = new Map(now.benchmarks.map((result) => [result.name, result]));
  const kept = last.benchmarks.map((result) => fresh.get(result.name) ?? result);
  const known = new Set(kept.map(({ name }) => name));
  return { ...now, benchmarks: [...kept, ...now.benchmarks.filter(({ name }) => !known.has(name))] };
}
