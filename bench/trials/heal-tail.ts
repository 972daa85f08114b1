// One fault for a tail of 1 GiB, and reads of all its pages. Arguments: FILE time|calls|run
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { map } from '../../lib/index.js';
import { argument, nanoseconds, printFigures } from '../trial.js';

const PAGE = 4096;
const LENGTH = 2 ** 30;
const file = argument(0);

/** For the log of strace. */
function mark(name: string): void {
  fs.existsSync(`/mark/${name}`);
}

function heal(): { heal: number; page: number } {
  fs.truncateSync(file, LENGTH);
  using mapping = map(file);
  const view = mapping.view(0);
  fs.truncateSync(file, PAGE);
  mark('touch');
  let sum = 0;
  const first = nanoseconds(() => (sum += view[LENGTH / 2] ?? 0));
  const pages = nanoseconds(() => {
    for (let at = PAGE; at < LENGTH; at += PAGE) sum += view[at] ?? 0;
  });
  mark('end');
  if (sum !== 0 || !mapping.faulted) throw new Error('no fault was healed');
  return { heal: first, page: pages / (LENGTH / PAGE - 1) };
}

/** The log of strace(1) between the marks. */
function traced(): string[] {
  const log = `${file}.log`;
  const args = ['-f', '-qq', '-e', 'trace=mmap,access,faccessat2', '-e', 'signal=SIGBUS', '-o', log];
  const { status, stderr } = spawnSync('strace', [...args, process.execPath, __filename, file, 'run'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`strace ended with ${status}: ${stderr}`);
  return (fs.readFileSync(log, 'latin1').split('/mark/')[1] ?? '').split('\n');
}

if (argument(1) === 'calls') {
  const lines = traced();
  const count = (text: string): number => lines.filter((line) => line.includes(text)).length;
  printFigures({ signals: count('--- SIGBUS'), mmaps: count('MAP_FIXED') });
} else {
  const figures = heal();
  if (argument(1) === 'time') printFigures(figures);
}
