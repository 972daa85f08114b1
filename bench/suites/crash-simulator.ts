import { type Benchmark, budgets, byEffort, type Target } from '../benchmark.js';
import { nodeTrial } from '../node-trial.js';

const SECOND = 1e9;
const manyImages = byEffort(65536, 8192);
const fewImages = byEffort(4096, 1024);
const rounds = byEffort(2000, 400);

const images = (figure: string, granularity: string, recovery: 'records' | 'log') =>
  nodeTrial({
    name: `mapdirect, ${figure}`,
    role: 'ours',
    script: 'crash-images',
    args: (_, effort) => [figure, granularity, recovery, `${(recovery === 'log' ? fewImages : manyImages)(effort)}`],
  });

/** `least` images in a second of processor time. */
const rate = (figure: string, title: string, least: number): Target => ({
  text: `${title}: >= ${least.toLocaleString('en')} images a second`,
  figure,
  met: (nanoseconds) => nanoseconds <= SECOND / least,
});

/** How long a check of crashes takes. */
export const crashImages: Benchmark = {
  name: 'CrashSimulator: one image of 64 KiB',
  description: [
    'check() of a log with 20 records and a CRC-32 for each, and so many words in flight that each content differs:',
    '65,536 images (4,096 with a log that is opened anew for each image, by map() of its path). Processor time of all',
    'threads; the targets are in images a second of it.',
  ],
  figures: {
    byte: { title: "granularity 'byte'", unit: 'ns' },
    line: { title: "granularity 'cache-line'", unit: 'ns' },
    page: { title: "granularity 'page'", unit: 'ns' },
    log: { title: 'the log is opened anew', unit: 'ns' },
  },
  medium: 'memory',
  budgets: budgets(5, 15, 3, 3),
  trials: [
    images('byte', 'byte', 'records'),
    images('line', 'cache-line', 'records'),
    images('page', 'page', 'records'),
    images('log', 'cache-line', 'log'),
  ],
  targets: [
    rate('byte', 'byte', 100_000),
    rate('line', 'cache-line', 100_000),
    rate('page', 'page', 100_000),
    rate('log', 'opened anew', 1000),
  ],
  prepare: () => undefined,
};

/** What the recording adds to a program under test. */
export const crashRecording: Benchmark = {
  name: 'CrashSimulator: a recorded persist',
  description: [
    'persist() of a simulated mapping compares all of the memory with a copy of it, and takes a stack for the report.',
    'Each word: of 1024 that have changed.',
  ],
  figures: {
    one: { title: 'one word of 64 KiB', unit: 'ns' },
    word: { title: 'each word more', unit: 'ns' },
    large: { title: 'one word of 16 MiB', unit: 'ns' },
  },
  medium: 'memory',
  budgets: budgets(5, 5, 3, 1),
  trials: [
    nodeTrial({
      name: 'mapdirect',
      role: 'ours',
      script: 'crash-recording',
      args: (_, effort) => [`${rounds(effort)}`],
    }),
  ],
  targets: [
    { text: 'one word: <= 3 us', figure: 'one', met: (nanoseconds) => nanoseconds <= 3000 },
    { text: 'each word more: <= 5 ns', figure: 'word', met: (nanoseconds) => nanoseconds <= 5 },
  ],
  prepare: () => undefined,
};
