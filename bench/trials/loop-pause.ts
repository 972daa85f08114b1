// The longest pause between two turns of the event loop while another thread flushes a whole dirty file, and then for
// the same time without a flush. 'mapped': ours, stores and persistAsync(). 'written': fs.writeSync and fs.fdatasync.
// Arguments: FILE mapped|written
import fs from 'node:fs';
import { promisify } from 'node:util';
import { mapAs } from '../granularity.js';
import { argument, printFigures, loopTurn } from '../trial.js';

const PAGE = 4096;

interface Pauses {
  readonly longest: number;
  readonly duration: number;
}

/** Lets the event loop turn until `isOver` returns true. */
async function longestPause(isOver: (elapsed: number) => boolean): Promise<Pauses> {
  const start = process.hrtime.bigint();
  let last = start;
  let longest = 0;
  while (!isOver(Number(last - start))) {
    await loopTurn();
    const now = process.hrtime.bigint();
    longest = Math.max(longest, Number(now - last));
    last = now;
  }
  return { longest, duration: Number(last - start) };
}

function dirtyMapped(file: string): () => Promise<void> {
  const mapping = mapAs('page', file);
  const { buffer } = mapping;
  for (let at = 0; at < buffer.length; at += PAGE) buffer[at] = (buffer[at] ?? 0) + 1;
  return () => mapping.persistAsync();
}

function dirtyWritten(file: string): () => Promise<void> {
  const fd = fs.openSync(file, 'r+');
  const page = Buffer.alloc(PAGE, 1);
  for (let at = fs.fstatSync(fd).size - PAGE; at >= 0; at -= PAGE) fs.writeSync(fd, page, 0, PAGE, at);
  return () => promisify(fs.fdatasync)(fd);
}

async function main(): Promise<void> {
  await longestPause((elapsed) => elapsed > 1e8); // compiles the loop
  const flush = argument(1) === 'mapped' ? dirtyMapped(argument(0)) : dirtyWritten(argument(0));
  let done = false;
  const flushed = flush().then(() => {
    done = true;
  });
  const during = await longestPause(() => done);
  await flushed;
  const alone = await longestPause((elapsed) => elapsed >= during.duration);
  printFigures({ pause: during.longest, pauseAlone: alone.longest, flush: during.duration });
}

void main();
