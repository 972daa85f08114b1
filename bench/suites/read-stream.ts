import fs from 'node:fs';
import path from 'node:path';
import { type Benchmark, budgets, byEffort, type Trial } from '../benchmark.js';
import { nodeTrial } from '../node-trial.js';

const CHUNK = 65536;
const MIB = 2 ** 20;
const lengthInMib = byEffort(1024, 64);
const FS = 'fs.createReadStream';
const file = (directory: string): string => path.join(directory, 'streamed');

function trials(name: string, role: Trial['role'], how: string): Trial[] {
  const trial = (suffix: string, where: string): Trial =>
    nodeTrial({
      name: name + suffix,
      role,
      script: 'read-stream',
      args: (directory) => [file(directory), String(CHUNK), how, where],
    });
  return [trial('', 'here'), trial(', HTTP', 'http')];
}

/** A stream of a mapping copies each chunk. That must not cost more than the system calls of node:fs. */
export const readStream: Benchmark = {
  name: 'createReadStream of 1 GiB',
  quickSize: '64 MiB',
  description: [
    'All bytes are in memory. Chunks of 64 KiB, each dropped at once. HTTP: they are the body of a response over the',
    'loopback device; the client is another process, which is in the wall time and not in the CPU time.',
    'CPU time is that of all threads of the process. On a busy machine only its ratio is worth much. No target.',
  ],
  figures: {
    wall: { title: 'wall time', unit: 'ns' },
    cpu: { title: 'CPU time', unit: 'ns' },
    httpWall: { title: 'wall time', unit: 'ns' },
    httpCpu: { title: 'CPU time', unit: 'ns' },
  },
  medium: 'memory',
  budgets: budgets(9, 30, 3, 3),
  trials: [...trials('mapdirect', 'ours', 'mapping'), ...trials(FS, 'rival', 'fs')],
  targets: [],
  prepare: (directory, effort) => {
    const piece = Buffer.alloc(MIB, 1);
    const fd = fs.openSync(file(directory), 'wx');
    for (let i = 0; i < lengthInMib(effort); i++) fs.writeSync(fd, piece);
    fs.closeSync(fd);
  },
};
