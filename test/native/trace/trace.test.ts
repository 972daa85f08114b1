import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { Scratch } from '../../support/scratch.js';
import { TEST_SOURCES } from '../../support/paths.js';
import { native } from '../../support/backends.js';
import { skipFor } from '../../support/skip.js';

const LINE = 64;
const LENGTH = 3 * 4096;
const scratch = new Scratch();
const source = path.join(TEST_SOURCES, 'native', 'trace', 'trace_flush.c');
const tracer = scratch.path('trace_flush');

/** The reason, with the remedy, why instructions cannot be traced here; undefined: they can. */
function missing(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'the tracer knows the instructions of x86_64 on Linux: run the tests there';
  if (native.missing !== undefined) return native.missing;
  const { error, status, stderr } = spawnSync(process.env['CC'] ?? 'cc', ['-O1', '-o', tracer, source], {
    encoding: 'utf8',
  });
  if (error !== undefined || status !== 0)
    return `no C compiler: apt-get install gcc libc6-dev (${error?.message ?? stderr})`;
  if (spawnSync(tracer, ['true']).status !== 0)
    return 'ptrace(2) is forbidden here: allow it (docker run --cap-add SYS_PTRACE)';
  return undefined;
}

const traced = skipFor(missing());

const EVERY_SWITCH = { MAPDIRECT_NO_CLWB: '0', MAPDIRECT_NO_CLFLUSHOPT: '0', MAPDIRECT_NO_MOVNT: '0' };

const paths = [
  { instruction: 'clwb', environment: {} },
  { instruction: 'clflushopt', environment: { MAPDIRECT_NO_CLWB: '1' } },
  { instruction: 'clflush', environment: { MAPDIRECT_NO_CLWB: '1', MAPDIRECT_NO_CLFLUSHOPT: '1' } },
];

/** The flushes of one call, in order: the number of a line in the mapping, or 'sfence'. */
type Seen = readonly (number | 'sfence')[];

interface Trace {
  readonly calls: readonly Seen[];
  readonly instructions: readonly string[];
  readonly method: string;
}

const TIMEOUT = 120_000;

function follow(
  environment: NodeJS.ProcessEnv,
  calls: readonly (readonly unknown[])[],
  granularity = 'cache-line',
): Trace {
  const file = scratch.file(LENGTH);
  const { stdout, stderr, status } = spawnSync(
    tracer,
    [process.execPath, path.join(__dirname, 'traced.js'), file, JSON.stringify(calls)],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        ...EVERY_SWITCH,
        ...environment,
        MAPDIRECT_FORCE_GRANULARITY: granularity,
        MAPDIRECT_BACKEND: 'native',
      },
      maxBuffer: 2 ** 26,
      timeout: TIMEOUT,
      killSignal: 'SIGKILL',
    },
  );
  if (status !== 0) throw new Error(`the traced program ended with ${status}: ${stderr.slice(0, 2000)}`);
  const { address, method } = JSON.parse(stdout) as { address: string; method: string };
  const parts = stderr
    .split('trace: begin')
    .slice(1)
    .map((part) => [...part.matchAll(/^trace: (\w+)(?: (\w+))?$/gm)]);
  return {
    method,
    instructions: [...new Set(parts.flat().flatMap(([, name = '']) => (name === 'sfence' ? [] : [name])))],
    calls: parts.map((part) =>
      part.map(([, name, at = '']) =>
        name === 'sfence' ? 'sfence' : Number((BigInt(`0x${at}`) - BigInt(`0x${address}`)) / BigInt(LINE)),
      ),
    ),
  };
}

function linesOf(offset: number, length: number): number[] {
  const first = Math.floor(offset / LINE);
  return Array.from({ length: Math.ceil((offset + length) / LINE) - first }, (_, i) => first + i);
}

const ranges = [
  [0, 1],
  [63, 2],
  [64, 64],
  [4095, 130],
  [0, LENGTH],
  [LENGTH - 1, 1],
] as const;

traced.describe('every line of the range is written back, then the fence', () => {
  test.each(paths)(
    'by $instruction',
    ({ instruction, environment }) => {
      const { calls, instructions, method } = follow(environment, [
      ...ranges.map(([offset, length]) => ['persist', offset, length]),
      ['flush', 100, 200],
      ['drain'],
      ['persistRanges', [[0, 8], [8, 100], [1000, 0], [4096, 1], [640, 65]]],
      ['write', 1000, 70], // around the cache: only its ragged ends are there to be flushed
    ]); // prettier-ignore
      expect(method).toBe(instruction);
      expect(instructions).toEqual([instruction]);
      expect(calls).toEqual([
        ...ranges.map(([offset, length]) => [...linesOf(offset, length), 'sfence']),
        linesOf(100, 200),
        ['sfence'],
        [...linesOf(0, 108), ...linesOf(4096, 1), ...linesOf(640, 65), 'sfence'],
        [1, 16, 'sfence'],
      ]);
    },
    TIMEOUT,
  );

  test.each(paths)(
    'by $instruction, of bytes that were stored through the cache',
    ({ environment }) => {
      const { calls } = follow({ ...environment, MAPDIRECT_NO_MOVNT: '1' }, [
      ['write', 1000, 70],
      ['fill', 3, 70, 1000],
      ['write', 100, 0, { drain: false }],
    ]); // prettier-ignore
      expect(calls).toEqual([[...linesOf(70, 1000), 'sfence'], [...linesOf(70, 1000), 'sfence'], linesOf(0, 100)]);
    },
    TIMEOUT,
  );

  test(
    'granularity byte: the fence alone',
    () => {
      const { calls, instructions } = follow({}, [['persist', 0, LENGTH], ['write', 100, 0], ['flush', 0, 100]], 'byte'); // prettier-ignore
      expect(instructions).toEqual([]);
      expect(calls).toEqual([['sfence'], ['sfence'], []]);
    },
    TIMEOUT,
  );

  test(
    'granularity page: no line is written back by instruction',
    () => {
      expect(follow({}, [['persist', 0, LENGTH]], 'page').instructions).toEqual([]);
    },
    TIMEOUT,
  );
});
