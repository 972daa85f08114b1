import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, budgets, type Trial } from '../benchmark.js';
import { nodeTrial } from '../node-trial.js';
import { overRoce, roceRival } from '../rivals/c/soft-roce.js';

const LENGTH = 2 ** 30;
const COUNT = '5';
const CHUNK = 2 ** 24;
const file = (directory: string): string => path.join(directory, 'memory');
const args = (directory: string): string[] => [file(directory), String(LENGTH), COUNT];

const ours = (name: string, how: string): Trial =>
  nodeTrial({ name, role: 'ours', script: 'rdma-register', args: (directory) => [...args(directory), how] });

/** Every page exists: the registration pins it, and does not make it. */
function prepare(directory: string): void {
  const bytes = Buffer.alloc(CHUNK, 1);
  const fd = fs.openSync(file(directory), 'w');
  for (let at = 0; at < LENGTH; at += CHUNK) fs.writeSync(fd, bytes);
  fs.closeSync(fd);
}

/** What do the seal and the ledger add to the registration of a device? */
export const rdmaRegister: Benchmark = {
  name: 'RDMA: register and deregister 1 GiB',
  description: [
    'Memory of a file, all pages of which exist; the device pins them. C: ibv_reg_mr(), ibv_dereg_mr().',
    'Ours: Mapping.register() and Registration.deregister() of a mapping that has a seal. In the last trial register()',
    'takes the seal, and deregister() releases it: the seal looks at each page.',
  ],
  figures: {
    register: { title: 'register', unit: 'ns' },
    deregister: { title: 'deregister', unit: 'ns' },
    withSeal: { title: 'seal and register', unit: 'ns' },
    withoutSeal: { title: 'deregister and release', unit: 'ns' },
  },
  medium: 'memory',
  budgets: budgets(9, 600, 1, 60),
  trials: [
    roceRival('C', 'register', args),
    ours('mapdirect', 'sealed'),
    ours('mapdirect, with the seal', 'unsealed'),
  ].map((trial) => overRoce(trial)),
  targets: [atMost(1.05, 'register', 'C', 'register'), atMost(1.05, 'deregister', 'C', 'deregister')],
  prepare,
};
