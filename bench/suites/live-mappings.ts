import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, budgets, byEffort, limitedBy, type Trial } from '../benchmark.js';
import { cRival } from '../rivals/c/rival.js';
import { nodeTrial } from '../node-trial.js';
import { mmapIoNames } from '../rivals/npm/mmap-io.js';
import type { RivalName } from '../rivals/npm/rival.js';

const COUNT = 60_000;
const count = byEffort(String(COUNT), String(COUNT / 10));
const BYTES_EACH = 500;
const CHECKED = 'C, descriptor checked';
const file = (directory: string): string => path.join(directory, 'page');

/** Areas of Node itself. Above vm.max_map_count every mmap() fails. If one of V8's fails, the process aborts. */
const OWN_AREAS = 4000;

function withEnoughAreas(trial: Trial): Trial {
  const available = (): string | undefined => {
    const limit = Number(fs.readFileSync('/proc/sys/vm/max_map_count', 'utf8'));
    return limit < COUNT + OWN_AREAS
      ? `vm.max_map_count is ${limit}: sysctl -w vm.max_map_count=65530`
      : trial.available();
  };
  return { ...trial, available };
}

interface Contestant {
  readonly name: string;
  readonly script: string;
  readonly rival?: RivalName;
}

const contestants: readonly Contestant[] = [
  { name: 'mapdirect', script: 'live-mappings' },
  ...mmapIoNames.map((rival) => ({ name: rival, script: 'live-buffers', rival })),
];

/**
 * Two trials: time and memory. The memory trial limits V8's young generation to 1 MiB. Without that it grows by some
 * 27 MB under any garbage, which would look like 450 bytes per mapping. The time trial runs V8 with its defaults.
 */
function inTimeAndMemory({ name, script, rival }: Contestant): Trial[] {
  const role = rival === undefined ? 'ours' : 'rival';
  const trial = (suffix: string, measure: string, flags: readonly string[]): Trial =>
    nodeTrial({
      name: name + suffix,
      role,
      script,
      args: (directory, effort) => [file(directory), count(effort), measure, ...(rival === undefined ? [] : [rival])],
      flags,
      rival,
    });
  return [trial('', 'time', []), trial(', memory', 'memory', ['--expose-gc', '--max-semi-space-size=1'])];
}

/** Many mappings at the same time: the cost of each one while it is not used. */
export const liveMappings: Benchmark = {
  name: '60,000 live mappings of one file',
  quickSize: '6,000',
  description: [
    'One page each, by descriptor, never touched, without a Buffer (mmap-io always makes one).',
    'C, descriptor checked: fcntl and statx before each mmap, as map(fd) must make them.',
    'Resident: growth of VmRSS (heap and native memory) after garbage collection, with a young generation of 1 MiB.',
    'VmRSS counts no memory of the kernel: no areas (VMAs), and no page tables. Page tables are the last row.',
  ],
  figures: {
    nanoseconds: { title: 'time per map', unit: 'ns' },
    heapBytes: { title: 'JavaScript heap each', unit: 'B' },
    residentBytes: { title: 'resident each', unit: 'B' },
    pageTableBytes: { title: 'page tables each', unit: 'B' },
  },
  medium: 'memory',
  budgets: budgets(9, 30, 3, 3),
  trials: [
    cRival('C', 'live_mappings.c', (directory, effort) => [file(directory), count(effort), 'plain']),
    cRival(CHECKED, 'live_mappings.c', (directory, effort) => [file(directory), count(effort), 'checked']),
    ...contestants.flatMap(inTimeAndMemory),
  ].map(withEnoughAreas),
  targets: [
    limitedBy(CHECKED, atMost(2, 'nanoseconds', 'C')),
    { text: `resident <= ${BYTES_EACH} B each`, figure: 'residentBytes', met: (bytes) => bytes <= BYTES_EACH },
    { text: `JavaScript heap <= ${BYTES_EACH} B each`, figure: 'heapBytes', met: (bytes) => bytes <= BYTES_EACH },
  ],
  prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(4096, 1)),
};
