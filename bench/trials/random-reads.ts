// Reads random ranges of a numbered file, and adds all words of each. Arguments: FILE DATABASES READER warm|cold
// SIZE:COUNT:END... A range begins below END. The database of a size is DATABASES-SIZE. cold: the file leaves the page
// cache before the reads of each size.
import path from 'node:path';
import type { Figures } from '../benchmark.js';
import { dropFromCache } from '../facts/page-cache.js';
import { randomOffsets, sumOfRange } from '../numbered-file.js';
import { type Reader, readers } from '../random-readers.js';
import { argument, printFigures } from '../trial.js';

const BATCH = 32;

const how = argument(2);
const isCold = argument(3) === 'cold';

function check({ words }: Reader, first: number, offset: number, size: number): void {
  const end = first + size / 4;
  let sum = 0;
  for (let index = first; index < end; index++) sum = (sum + words[index]!) | 0;
  if (sum !== (sumOfRange(offset, size) | 0)) throw new Error(`wrong bytes at ${offset}: their sum is ${sum}`);
}

async function readAll(reader: Reader, size: number, count: number, next: () => number): Promise<void> {
  for (let done = 0; done < count; done += BATCH) {
    const offsets = Array.from({ length: Math.min(BATCH, count - done) }, next);
    reader.announce?.(offsets, size);
    for (const offset of offsets) {
      if (reader.read === undefined) await reader.readAsync?.(offset, size);
      check(reader, reader.read?.(offset, size) ?? 0, offset, size);
    }
  }
}

async function measure(size: number, count: number, end: number): Promise<number> {
  const database = `${argument(1)}-${size}`;
  if (isCold) dropFromCache(how === 'lmdb' ? path.join(database, 'data.mdb') : argument(0));
  const reader = await readers[how]!({ file: argument(0), size, database });
  const next = randomOffsets(size, end);
  if (!isCold) await readAll(reader, size, Math.ceil(count / 10), next); // compiles the code
  const start = process.hrtime.bigint();
  await readAll(reader, size, count, next);
  const time = Number(process.hrtime.bigint() - start) / count;
  reader.close();
  return time;
}

async function main(): Promise<void> {
  const figures: Record<string, number> = {};
  for (const work of process.argv.slice(6)) {
    const [size = NaN, count = NaN, end = NaN] = work.split(':').map(Number);
    figures[size] = await measure(size, count, end);
  }
  printFigures(figures satisfies Figures);
}

void main();
