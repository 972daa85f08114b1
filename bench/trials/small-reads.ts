// Reads a file with O_DIRECT in blocks of 4 KiB, 32 at once, in random order. Arguments: FILE ring|view
import fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { anonymous } from '../../lib/index.js';
import { argument, printFigures } from '../trial.js';

const { O_DIRECT, O_RDONLY } = fs.constants;
const BLOCK = 4096;
const AT_ONCE = 32;
const READS = 32_768;

/** Reads a block of the file into a slot. */
type Read = (slot: number, block: number) => Promise<number>;

function ringReader(handle: FileHandle): { read: Read; end(): void } {
  const memory = anonymous(AT_ONCE * BLOCK);
  const registration = memory.register({ provider: 'io_uring' });
  return {
    read: (slot, block) => registration.read(handle, block * BLOCK, slot * BLOCK, BLOCK),
    end: () => registration.deregister(),
  };
}

function viewReader(handle: FileHandle): { read: Read; end(): void } {
  const memory = anonymous(AT_ONCE * BLOCK);
  const views = Array.from({ length: AT_ONCE }, (_, slot) => memory.view(slot * BLOCK, BLOCK));
  return {
    read: async (slot, block) => (await handle.read(views[slot]!, 0, BLOCK, block * BLOCK)).bytesRead,
    end: () => undefined,
  };
}

async function main(): Promise<void> {
  const [file, how] = [argument(0), argument(1)];
  const blocks = fs.statSync(file).size / BLOCK;
  const handle = await open(file, O_RDONLY | O_DIRECT);
  const { read, end } = (how === 'ring' ? ringReader : viewReader)(handle);
  let next = 1;
  const reader = async (slot: number): Promise<void> => {
    for (let n = slot; n < READS; n += AT_ONCE) {
      next = (next * 48_271) % 2_147_483_647; // Lehmer
      if ((await read(slot, next % blocks)) !== BLOCK) throw new Error('a short read');
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: AT_ONCE }, (_, slot) => reader(slot)));
  const { user, system } = process.cpuUsage(before);
  printFigures({ read: ((user + system) * 1000) / READS });
  end();
  await handle.close();
}

void main();
