import type { Benchmark } from '../benchmark.js';
import type { Machine } from '../facts/machine.js';
import type { BenchmarkResult, TrialResult } from '../runner.js';
import type { Report } from './stored-report.js';
import { describeTarget, formatFigure, formatRange, formatRatio } from './terminal.js';

/** The report stands between these lines. Everything else of the document stays. */
export const BEGIN = '<!-- written by npm run bench -- --report: do not edit -->';
export const END = '<!-- end of the report -->';

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function reason({ missing, failed }: TrialResult): string {
  return missing === undefined ? `failed: ${failed ?? ''}` : `missing: ${missing}`;
}

/** The rows of a trial, one for each figure. */
function rowsOf({ figures }: Benchmark, trial: TrialResult): string[] {
  const name = trial.role === 'ours' ? `**${trial.name}**` : trial.name;
  const rows = Object.entries(figures).flatMap(([figure, { title, unit }]) => {
    const samples = trial.samples[figure];
    const value = trial.medians[figure];
    if (samples === undefined || value === undefined) return [];
    const ratio = trial.oursToThis[figure];
    return [row([title, name, formatFigure(value, unit), formatRange(samples, unit), formatRatio(ratio)])];
  });
  return rows.length > 0 ? rows : [row(['', name, reason(trial), '', ''])];
}

function section(benchmark: Benchmark, result: BenchmarkResult): string {
  const { picture, targets } = benchmark;
  const judged = result.targets.map((target) => {
    const known = targets.find(({ text }) => text === target.text);
    return `- target ${describeTarget(benchmark, known, target)}`;
  });
  return [
    `### ${benchmark.name}`,
    '',
    `${result.fileSystem}, rounds: ${result.rounds}. ${benchmark.description.join(' ')}`,
    '',
    ...(picture === undefined ? [] : [`![${picture.title}](pictures/${picture.name}.svg)`, '']),
    row(['figure', 'of', 'median', 'lowest to highest', 'ours / this']),
    row(['---', '---', '---', '---', '---']),
    ...result.trials.flatMap((trial) => rowsOf(benchmark, trial)),
    '',
    ...judged,
    ...(judged.length > 0 ? [''] : []),
  ].join('\n');
}

function facts(machine: Machine): string {
  const { date, mapdirect, node, kernel, cpus, cpu, memoryBytes, libpmem2, jdk, rivals } = machine;
  const others = { libpmem2, JDK: jdk, ...rivals };
  const there = Object.entries(others).flatMap(([name, version]) => (version === null ? [] : [`${name} ${version}`]));
  return [
    `- ${date.slice(0, 10)}, mapdirect ${mapdirect}, Node ${node.slice(1)}, ${kernel}`,
    `- ${cpus} x ${cpu}, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB of memory`,
    `- beside: ${there.join(', ') || 'none of the optional rivals'}`,
  ].join('\n');
}

/** The part of the document between the two markers. */
export function reportAsMarkdown(benchmarks: readonly Benchmark[], { machine, benchmarks: results }: Report): string {
  const sections = benchmarks.flatMap((benchmark) => {
    const result = results.find(({ name }) => name === benchmark.name);
    return result === undefined || result.rounds === 0 ? [] : [section(benchmark, result)];
  });
  return [facts(machine), '', ...sections].join('\n');
}

/** @throws Error if the document does not have each marker once, in this order. */
export function replaceReport(document: string, report: string): string {
  const [before, rest, ...more] = document.split(BEGIN);
  const [, after, ...others] = (rest ?? '').split(END);
  if (before === undefined || after === undefined || more.length > 0 || others.length > 0)
    throw new Error(`the document needs a line "${BEGIN}" and below it a line "${END}"`);
  return `${before}${BEGIN}\n\n${report.trimEnd()}\n\n${END}${after}`;
}
