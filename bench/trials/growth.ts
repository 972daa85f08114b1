// The cost of one operation at several sizes, and the exponent of its growth. Arguments: FILE HOW SECONDS SIZE...
// A number of workers that would take longer than SECONDS is left out, but for the first two.
import { once } from 'node:events';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { map, type Mapping } from '../../lib/index.js';
import { builtLibrary } from '../paths.js';
import { exponent, median, medianOf } from '../statistics.js';
import { argument, nanoseconds, numericArgument, printFigures } from '../trial.js';

const PAGE = 4096;
const BATCHES = 11;
const BATCH = 200;
const MAPPINGS = 100;
const SECOND = 1000;

const file = argument(0);

/** Nanoseconds per call: the median over batches. */
function each(operation: () => void): number {
  const batch = (): void => {
    for (let done = 0; done < BATCH; done++) operation();
  };
  batch(); // compiles the code
  return medianOf(BATCHES, () => nanoseconds(batch)) / BATCH;
}

function files(size: number): number {
  fs.truncateSync(file, size);
  return each(() => {
    const mapping = map(file, { access: 'read' });
    if (mapping.length !== size) throw new Error(`${mapping.length} bytes are mapped, not ${size}`);
    mapping.close();
  });
}

function mappings(count: number): number {
  const fd = fs.openSync(file, 'r+');
  const others = Array.from({ length: count }, () => map(fd, { length: PAGE }));
  const time = each(() => map(fd, { length: PAGE }).close());
  if (!others.every(({ length }) => length === PAGE)) throw new Error('a mapping is missing');
  for (const other of others) other.close();
  fs.closeSync(fd);
  return time;
}

async function views(rate: number): Promise<number> {
  const all: Mapping[] = Array.from({ length: MAPPINGS }, () => map(file));
  const take = (): void => {
    for (const mapping of all) if (mapping.view(0, PAGE)[0] !== 1) throw new Error('wrong byte');
  };
  for (let index = 0; index < 100; index++) take(); // compiles the code
  const times: number[] = [];
  for (let done = 0; done < rate; done++) {
    await sleep(SECOND / rate);
    times.push(nanoseconds(take) / MAPPINGS);
  }
  for (const mapping of all) mapping.close();
  return median(times);
}

const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const mapping = require(workerData.library).map(workerData.file);
parentPort.postMessage(mapping.buffer[0]);
parentPort.once('message', () => mapping.close());
`;

async function workers(count: number): Promise<number> {
  const start = process.hrtime.bigint();
  const options = { eval: true, workerData: { library: builtLibrary, file } };
  const all = Array.from({ length: count }, () => new Worker(WORKER, options));
  const bytes = await Promise.all(all.map(async (worker) => ((await once(worker, 'message')) as [number])[0]));
  const time = Number(process.hrtime.bigint() - start) / count;
  if (!bytes.every((byte) => byte === 1)) throw new Error('wrong byte');
  const ended = all.map((worker) => once(worker, 'exit'));
  for (const worker of all) worker.postMessage('close');
  await Promise.all(ended);
  return time;
}

const ways: Readonly<Record<string, (size: number) => number | Promise<number>>> = { files, mappings, views, workers };

/** How long one size takes, if its time grows with the size. */
function secondsOf(size: number, [last, cost]: readonly [size: number, cost: number]): number {
  return ways[argument(1)] === workers && last > 1 ? (size * cost) / 1e9 : 0;
}

async function costs(sizes: readonly number[]): Promise<[size: number, cost: number][]> {
  const points: [size: number, cost: number][] = [];
  for (const size of sizes) {
    if (secondsOf(size, points.at(-1) ?? [0, 0]) > numericArgument(2)) break;
    points.push([size, await ways[argument(1)]!(size)]);
  }
  return points;
}

async function main(): Promise<void> {
  const sizes = process.argv.slice(5).map(Number);
  if (ways[argument(1)] !== workers) await ways[argument(1)]!(sizes[0]!); // compiles the code
  const points = await costs(sizes);
  printFigures({
    ...Object.fromEntries(points.map(([size, each]) => [`at${size}`, each])),
    exponent: exponent(points),
  });
}

void main();
