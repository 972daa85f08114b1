// Reads a file in blocks of 1 MiB, several at once. Arguments: FILE DIRECTORY mapped|anonymous|heap
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { anonymous, map, type Mapping } from '../../lib/index.js';
import { argument, printFigures } from '../trial.js';

const { O_DIRECT, O_RDONLY } = fs.constants;
const BLOCK = 2 ** 20;
const AT_ONCE = 4;

function target(how: string): Mapping {
  if (how === 'anonymous') return anonymous(AT_ONCE * BLOCK);
  return map(path.join(argument(1), `target-${process.pid}`), { create: true, size: AT_ONCE * BLOCK });
}

function buffers(how: string): Buffer[] {
  const slots = Array.from({ length: AT_ONCE }, (_, index) => index);
  if (how === 'heap') return slots.map(() => Buffer.alloc(BLOCK, 1));
  const mapping = target(how);
  mapping.fill(1);
  return slots.map((slot) => mapping.view(slot * BLOCK, BLOCK));
}

async function main(): Promise<void> {
  const [file, how] = [argument(0), argument(2)];
  const { size } = fs.statSync(file);
  const handle = await open(file, how === 'heap' ? O_RDONLY : O_RDONLY | O_DIRECT);
  const read = async (buffer: Buffer, slot: number): Promise<void> => {
    for (let at = slot * BLOCK; at < size; at += AT_ONCE * BLOCK) {
      const { bytesRead } = await handle.read(buffer, 0, BLOCK, at);
      if (bytesRead !== BLOCK || buffer[BLOCK - 1] !== ((1 + at / BLOCK) & 0xff))
        throw new Error(`wrong bytes at ${at}`);
    }
  };
  const targets = buffers(how);
  const before = process.cpuUsage();
  await Promise.all(targets.map(read));
  const { user, system } = process.cpuUsage(before);
  printFigures({ block: ((user + system) * 1000 * BLOCK) / size });
  await handle.close();
  fs.rmSync(path.join(argument(1), `target-${process.pid}`), { force: true });
}

void main();
