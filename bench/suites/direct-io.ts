import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, budgets, type Trial } from '../benchmark.js';
import { nodeTrial } from '../node-trial.js';

const MIB = 2 ** 20;
const LENGTH = 256 * MIB;
const HEAP = 'heap Buffer, page cache';
const file = (directory: string): string => path.join(directory, 'source');

function reader(name: string, role: Trial['role'], how: string): Trial {
  return nodeTrial({ name, role, script: 'direct-io', args: (directory) => [file(directory), directory, how] });
}

/** The processor's part of bringing a file into memory. */
export const directIo: Benchmark = {
  name: 'direct I/O into a view, on a disk',
  description: [
    `FileHandle.read() of ${LENGTH / MIB} MiB in blocks of 1 MiB, 4 requests at once. Processor time of the process, user and system.`,
    'Ours: O_DIRECT into a view of a mapped file, whose blocks and pages are there.',
    'Rival: a heap Buffer, from the warm page cache.',
    'Control: O_DIRECT into anonymous memory.',
  ],
  figures: { block: { title: '1 MiB', unit: 'ns' } },
  medium: 'disk',
  budgets: budgets(9, 12, 3, 2),
  trials: [
    reader('mapdirect', 'ours', 'mapped'),
    reader(HEAP, 'rival', 'heap'),
    reader('anonymous memory', 'control', 'anonymous'),
  ],
  targets: [atMost(0.67, 'block', HEAP)],
  prepare(directory) {
    const fd = fs.openSync(file(directory), 'wx');
    for (let done = 0; done < LENGTH; done += MIB) fs.writeSync(fd, Buffer.alloc(MIB, 1 + (done >> 20)));
    fs.fsyncSync(fd);
    fs.closeSync(fd);
  },
};
