import fs from 'node:fs';
import path from 'node:path';
import { type Benchmark, budgets, type Trial } from '../benchmark.js';
import { nodeTrial } from '../node-trial.js';
import { missingStrace } from '../facts/system-calls.js';

const TIMES = 20_000;
const CALLS = 500;
const MOST_ASKING = 3;
/** On a descriptor of the caller: statx, and open, two of fcntl and close of the description that has the lock. */
const MOST_GUARDING = 5;
const FS = 'fs.writeSync';

const file = (directory: string): string => path.join(directory, 'unsealed');

function trial(name: string, role: Trial['role'], operation: string): Trial[] {
  const timed = nodeTrial({
    name,
    role,
    script: 'seal-unsealed',
    args: (directory) => [file(directory), operation, String(TIMES), 'time'],
  });
  const counted = nodeTrial({
    name: `${name}, calls`,
    role,
    script: 'seal-unsealed',
    args: (directory) => [file(directory), operation, String(CALLS), 'calls'],
  });
  return [timed, { ...counted, available: () => missingStrace() ?? counted.available() }];
}

/** The cost of the seal protocol on a file without a seal. */
export const sealUnsealed: Benchmark = {
  name: 'an unsealed file: isSealed(), and a guarded write',
  description: [
    'seals.isSealed(path); files.write of 64 bytes within the file, against fs.writeSync of the same. No file is sealed.',
    'System calls: strace of the main thread, the difference of two runs, divided by their difference of 500 operations.',
  ],
  figures: {
    ask: { title: 'isSealed', unit: 'ns' },
    askCalls: { title: 'isSealed, system calls', unit: 'calls' },
    write: { title: 'write', unit: 'ns' },
    writeCalls: { title: 'write, system calls', unit: 'calls' },
  },
  medium: 'memory',
  budgets: budgets(7, 15, 3, 3),
  trials: [
    ...trial('seals.isSealed', 'ours', 'isSealed'),
    ...trial('files.write', 'ours', 'write'),
    ...trial(FS, 'rival', 'writeSync'),
  ],
  targets: [
    {
      text: `isSealed: <= ${MOST_ASKING} system calls`,
      figure: 'askCalls',
      met: (calls) => Math.round(calls) <= MOST_ASKING,
    },
    // One more, because the rival makes one call itself.
    {
      text: `write: <= ${MOST_GUARDING} system calls more`,
      figure: 'writeCalls',
      met: (calls) => Math.round(calls) <= MOST_GUARDING + 1,
    },
  ],
  prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(65536, 1)),
};
