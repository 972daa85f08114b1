import type { Durability } from '../../index.js';
import type { Io } from '../io.js';
import { formatBytes, Report, textColumns, wantsColour } from '../terminal.js';
import type { Measured } from './measure.js';

const NAME_COLUMN = 20;
const TIME_WIDTH = 10;
const SHORTEST_BAR = 5;
// The measurement itself is one program.
const BUSY = 1.2;

const UNITS = ['ns', 'us', 'ms', 's'] as const;

/** 1530 as '1.5 us'. */
export function formatTime(nanoseconds: number): string {
  let unit = 0;
  let amount = nanoseconds;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${amount < 9.95 ? amount.toFixed(1) : amount.toFixed(0)} ${UNITS[unit] ?? ''}`;
}

/** 0.052 as '0.052', 3.14159 as '3.1'. */
export function formatRatio(ratio: number): string {
  return Number(ratio.toPrecision(2)).toString();
}

export interface BenchHead {
  readonly path: string;
  readonly size: number;
  readonly durability: Durability;
  readonly rounds: number;
  /** Programs that are ready to run, of the last minute and for each processor. */
  readonly load: number;
}

/** The two bars of a row. The longer one has the whole width. */
function bars({ ours, other }: Measured, width: number, colour: boolean): string[] {
  const longest = Math.max(ours.nanoseconds, other.nanoseconds);
  return [ours, other].map((way, index) => {
    const bar = '#'.repeat(Math.max(1, Math.round((way.nanoseconds / longest) * width)));
    const painted = colour && index === 0 ? `\x1b[32m${bar}\x1b[39m` : bar;
    return `${`  ${way.name}`.padEnd(NAME_COLUMN)}${formatTime(way.nanoseconds).padStart(TIME_WIDTH - 2)}  ${painted}`;
  });
}

function guarantee({ granularity, domain, backend }: Durability): string {
  return `granularity ${granularity}, domain ${domain}, backend ${backend}`;
}

/** Prints for each row its name and ratio, and the two times as bars. */
export function reportBench(head: BenchHead, rows: readonly Measured[], io: Io): void {
  const { path, size, durability, rounds } = head;
  const report = new Report(io);
  const width = Math.max(textColumns(io) - NAME_COLUMN - TIME_WIDTH, SHORTEST_BAR);
  const colour = wantsColour(io.stdout, io.env);
  report.line(`${path}  (a file of ${formatBytes(size)}, removed afterwards)`);
  report.paragraph(`${guarantee(durability)}; medians of ${rounds} rounds`, 0);
  for (const row of rows) {
    const { median, lowest, highest } = row.ratio;
    report.line();
    report.heading(`${row.name}: ${formatRatio(median)} x (${formatRatio(lowest)} to ${formatRatio(highest)})`);
    for (const line of bars(row, width, colour)) report.line(line);
  }
  report.line();
  report.paragraph(
    'x: the time of mapdirect divided by that of node:fs in the same round; below 1 mapdirect is faster. In brackets: ' +
      'the lowest and the highest round. If they lie on both sides of 1, neither is faster.',
    0,
  );
  for (const sentence of remarks(head)) report.paragraph(sentence, 0);
}

/** What a reader could take for a result and is none. */
export function remarks({ durability, load }: Pick<BenchHead, 'durability' | 'load'>): string[] {
  const { granularity, domain, backend, forced } = durability;
  const found = ['Reads come from memory: the file is in the page cache.'];
  if (load > BUSY) found.unshift(`${load.toFixed(1)} programs wait for each processor: repeat it on a quiet machine.`);
  if (backend === 'emulated') found.push('This is the emulation: its views are a copy of the file on the heap.');
  if (forced) found.push('The granularity is forced by the environment: persist() does not write to the disk.');
  else if (granularity === 'page' && domain === 'volatile')
    found.push('This place is in memory, so no durable write waits for a disk.');
  else if (granularity === 'page')
    found.push(
      'A durable write waits for the flush of the disk in both ways: that is nearly all of its time.',
      "The file is mapped with advice 'random'. Without it a kernel with large folios (ext4: Linux 6.16) can make 1 MiB " +
        'dirty with one store, and persist() writes all of it.',
    );
  return found;
}
