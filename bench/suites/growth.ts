import fs from 'node:fs';
import path from 'node:path';
import { type Benchmark, budgets, type Effort, type Trial } from '../benchmark.js';
import { nodeTrial } from '../node-trial.js';

/** The cost must stay nearly the same: a lookup in a tree of the kernel grows with the logarithm. */
const STEADY = 0.2;

const file = (directory: string): string => path.join(directory, 'growing');

/** One row: sizes, with a figure for each. */
interface Growth {
  readonly name: string;
  /** The function of the trial script, and the name of the picture. */
  readonly how: string;
  readonly description: readonly string[];
  readonly sizes: readonly (readonly [size: number, title: string])[];
  /** A quick run has only sizes up to this one. */
  readonly quickest: number;
  readonly seconds: number;
  readonly limit?: number;
}

const counts = (sizes: readonly number[], noun: string): Growth['sizes'] =>
  sizes.map((size) => [size, `${size.toLocaleString('en')} ${noun}`]);

const growths: readonly Growth[] = [
  {
    name: 'growth: map and close of a sparse file of 1 MiB to 1 TiB',
    how: 'files',
    description: [
      'No byte is read. A view would keep its addresses until garbage collection, and 128 TiB are all that there are.',
    ],
    sizes: [
      [2 ** 20, '1 MiB'],
      [2 ** 24, '16 MiB'],
      [2 ** 28, '256 MiB'],
      [2 ** 32, '4 GiB'],
      [2 ** 36, '64 GiB'],
      [2 ** 40, '1 TiB'],
    ],
    quickest: 2 ** 40,
    seconds: 10,
    limit: STEADY,
  },
  {
    name: 'growth: one more mapping beside 1 to 60,000',
    how: 'mappings',
    description: ['map() and close() of one page, while so many mappings of the same file are open.'],
    sizes: counts([1, 10, 100, 1000, 10_000, 60_000], 'mappings'),
    quickest: 10_000,
    seconds: 15,
    limit: STEADY,
  },
  {
    name: 'growth: 1 to 64 views a second of each of 100 mappings',
    how: 'views',
    description: [
      'Time of one view() of 4 KiB, median over the passes of one second. Between them the process sleeps.',
    ],
    sizes: counts([1, 8, 64], 'views a second'),
    quickest: 8,
    seconds: 15,
    limit: STEADY,
  },
  {
    name: 'growth: 1 to 200 workers that map a file',
    how: 'workers',
    description: [
      'Time per worker from its start until it has loaded the package, mapped the file and read a byte. All start at once,',
      'and all stay until the last one is ready. A busy machine leaves out the largest numbers: they would take too long.',
    ],
    sizes: counts([1, 10, 50, 200], 'workers'),
    quickest: 10,
    seconds: 25,
  },
];

function sizesOf({ sizes, quickest }: Growth, effort: Effort): string[] {
  return sizes
    .map(([size]) => size)
    .filter((size) => effort === 'full' || size <= quickest)
    .map(String);
}

function benchmark(growth: Growth): Benchmark {
  const { name, how, description, sizes, quickest, seconds, limit } = growth;
  const allowed = budgets(5, seconds, 3, 2);
  const trial: Trial = nodeTrial({
    name: 'mapdirect',
    role: 'ours',
    script: 'growth',
    args: (directory, effort) => [
      file(directory),
      how,
      String(Math.ceil(allowed[effort].seconds / 2)),
      ...sizesOf(growth, effort),
    ],
  });
  const bars = sizes.map(([size]) => `at${size}`);
  const [largest] = sizes.at(-1)!;
  return {
    name,
    quickSize: quickest < largest ? `up to ${quickest.toLocaleString('en')}` : undefined,
    description: [...description, 'Exponent: the cost of one grows with this power of the size. 0 is a steady cost.'],
    figures: {
      ...Object.fromEntries(sizes.map(([size, title]) => [`at${size}`, { title, unit: 'ns' as const }])),
      exponent: { title: 'exponent', unit: 'power' },
    },
    medium: 'memory',
    budgets: allowed,
    trials: [trial],
    targets:
      limit === undefined
        ? []
        : [{ text: `exponent <= ${limit}`, figure: 'exponent', met: (exponent) => exponent <= limit }],
    prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(4096, 1)),
    picture: { name: `growth-${how}`, title: name.replace('growth: ', 'Growth: '), figures: bars },
  };
}

/** How the cost of one grows with the number or size of all. */
export const growth: readonly Benchmark[] = growths.map(benchmark);
