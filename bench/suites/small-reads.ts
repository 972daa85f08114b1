import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, budgets } from '../benchmark.js';
import { nodeTrial } from '../node-trial.js';

const LENGTH = 2 ** 28;
const MIB = 2 ** 20;
const VIEW = 'FileHandle.read() into a view';
const file = (directory: string): string => path.join(directory, 'source');

/** What provider 'io_uring' is for: many small reads. */
export const smallReads: Benchmark = {
  name: 'small direct reads, on a disk',
  description: [
    'Random reads of 4 KiB with O_DIRECT from a file of 256 MiB, 32 at once. Processor time of the process, user and system.',
    "Ours: registration.read() of provider 'io_uring'.",
    'Rival: FileHandle.read() into a view of the same memory.',
  ],
  figures: { read: { title: '4 KiB', unit: 'ns' } },
  medium: 'disk',
  budgets: budgets(9, 10, 3, 2),
  trials: [
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'small-reads',
      args: (directory) => [file(directory), 'ring'],
    }),
    nodeTrial({ name: VIEW, role: 'rival', script: 'small-reads', args: (directory) => [file(directory), 'view'] }),
  ],
  targets: [atMost(0.34, 'read', VIEW)],
  prepare(directory) {
    const fd = fs.openSync(file(directory), 'wx');
    for (let done = 0; done < LENGTH; done += MIB) fs.writeSync(fd, Buffer.alloc(MIB, 1 + (done >> 20)));
    fs.fsyncSync(fd);
    fs.closeSync(fd);
  },
};
