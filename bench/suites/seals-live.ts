import fs from 'node:fs';
import path from 'node:path';
import { type Benchmark, budgets, byEffort } from '../benchmark.js';
import { UNFORCED } from '../granularity.js';
import { nodeTrial } from '../node-trial.js';

const COUNT = 10_000;
const count = byEffort(COUNT, COUNT / 10);
const BYTES_EACH = 2048;
/** The descriptors of Node itself, besides one for each file. */
const OWN_DESCRIPTORS = 200;

const folder = (directory: string): string => path.join(directory, 'many');

/** Node raises the soft limit to the hard limit at its start. */
function tooFewDescriptors(): string | undefined {
  const limit = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? NaN);
  return limit < COUNT + OWN_DESCRIPTORS ? `RLIMIT_NOFILE is ${limit}: ulimit -Hn ${2 * COUNT}, as root` : undefined;
}

function trial(name: string, measure: string, flags: readonly string[]) {
  const made = nodeTrial({
    name,
    role: 'ours',
    script: 'seals-live',
    args: (directory, effort) => [folder(directory), String(count(effort)), measure],
    flags,
    environment: UNFORCED,
  });
  return { ...made, available: () => tooFewDescriptors() ?? made.available() };
}

/** Many seals at the same time, each of another file. */
export const sealsLive: Benchmark = {
  name: '10,000 seals live at once',
  quickSize: '1,000',
  description: [
    'Each seal is of another file: one written page on a disk, mapped before. The mappings are not counted; the extent of',
    'each seal is. Resident: growth of VmRSS after garbage collection, with a young generation of 1 MiB.',
    'No figure counts memory of the kernel (a lock and a watch for each seal).',
  ],
  figures: {
    seal: { title: 'time per seal', unit: 'ns' },
    heapBytes: { title: 'JavaScript heap each', unit: 'B' },
    residentBytes: { title: 'resident each', unit: 'B' },
  },
  medium: 'disk',
  budgets: budgets(5, 20, 3, 3),
  trials: [
    trial('mapdirect', 'time', []),
    trial('mapdirect, memory', 'memory', ['--expose-gc', '--max-semi-space-size=1']),
  ],
  targets: [
    { text: `resident <= ${BYTES_EACH} B each`, figure: 'residentBytes', met: (bytes) => bytes <= BYTES_EACH },
    { text: `JavaScript heap <= ${BYTES_EACH} B each`, figure: 'heapBytes', met: (bytes) => bytes <= BYTES_EACH },
  ],
  prepare: (directory, effort) => {
    fs.mkdirSync(folder(directory));
    for (let index = 0; index < count(effort); index++)
      fs.writeFileSync(path.join(folder(directory), String(index)), Buffer.alloc(4096, 1));
  },
};
