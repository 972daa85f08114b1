// mmap-io: COUNT mapped Buffers of one open file, all alive. Arguments: FILE COUNT time|memory PACKAGE
import fs from 'node:fs';
import { footprint, perObject } from '../facts/memory.js';
import { loadMmapIo } from '../rivals/npm/mmap-io.js';
import { argument, numericArgument, printFigures } from '../trial.js';

const LENGTH = 4096;

async function main(): Promise<void> {
  const count = numericArgument(1);
  const rival = loadMmapIo(argument(3));
  const protection = rival.PROT_READ | rival.PROT_WRITE;
  const fd = fs.openSync(argument(0), 'r+');
  const mapOne = (): Buffer => rival.map(LENGTH, protection, rival.MAP_SHARED, fd);
  for (let i = 0; i < 2000; i++) mapOne();
  const buffers = new Array<Buffer | undefined>(count).fill(undefined);

  const memory = argument(2) === 'memory';
  const before = memory ? await footprint() : undefined;
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) buffers[i] = mapOne();
  const nanoseconds = Number(process.hrtime.bigint() - start) / count;
  const figures = before === undefined ? { nanoseconds } : perObject(before, await footprint(), count);

  if (!buffers.every((buffer) => buffer?.length === LENGTH)) throw new Error('a Buffer is missing');
  printFigures(figures);
}

void main();
