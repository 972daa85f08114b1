import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, type Trial } from '../benchmark.js';
import { cRival } from '../rivals/c/rival.js';
import { nodeTrial } from '../node-trial.js';
import { mmapIoNames } from '../rivals/npm/mmap-io.js';
import type { RivalName } from '../rivals/npm/rival.js';

const COUNT = 60_000;
const BYTES_EACH = 500;
const file = (directory: string): string => path.join(directory, 'page');

/** Beyond COUNT: areas that are Node's own. Above vm.max_map_count every mmap fails, V8's too, and that aborts. */
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
 * Memory in a process of its own: its young generation is held at 1 MiB. Left alone it grows by some 27 MB under any
 * garbage, a cost of the process that would look like 450 bytes of each mapping. The time is taken with V8 as it is.
 */
function inTimeAndMemory({ name, script, rival }: Contestant): Trial[] {
  const role = rival === undefined ? 'ours' : 'rival';
  const trial = (suffix: string, measure: string, flags: readonly string[]): Trial =>
    nodeTrial({
      name: name + suffix,
      role,
      script,
      args: (directory) => [file(directory), String(COUNT), measure, ...(rival === undefined ? [] : [rival])],
      flags,
      rival,
    });
  return [trial('', 'time', []), trial(', memory', 'memory', ['--expose-gc', '--max-semi-space-size=1'])];
}

/** Many mappings at a time: what each costs when nothing is done with it. */
export const liveMappings: Benchmark = {
  name: '60,000 live mappings of one file',
  description: [
    'One page each, by descriptor, none touched, no Buffer asked for (mmap-io cannot but make one).',
    'Resident: growth of VmRSS, heap and native memory together, after garbage collection, the young generation held at',
    "1 MiB. Of the kernel's own memory it counts neither areas (VMAs) nor page tables; those are the last row.",
  ],
  figures: {
    nanoseconds: { title: 'time per map', unit: 'ns' },
    heapBytes: { title: 'JavaScript heap each', unit: 'B' },
    residentBytes: { title: 'resident each', unit: 'B' },
    pageTableBytes: { title: 'page tables each', unit: 'B' },
  },
  medium: 'memory',
  rounds: 9,
  trials: [
    cRival('C', 'live_mappings.c', (directory) => [file(directory), String(COUNT)]),
    ...contestants.flatMap(inTimeAndMemory),
  ].map(withEnoughAreas),
  targets: [
    atMost(2, 'nanoseconds', 'C'),
    { text: `resident <= ${BYTES_EACH} B each`, figure: 'residentBytes', met: (bytes) => bytes <= BYTES_EACH },
    { text: `JavaScript heap <= ${BYTES_EACH} B each`, figure: 'heapBytes', met: (bytes) => bytes <= BYTES_EACH },
  ],
  prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(4096, 1)),
};
