// npm run test:vm [-- --crash N] [--kernel SERIES] [--only NAME] [--mutants] [--verbose]: the suite on real DAX, in a
// guest machine.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { crashRounds } from './crash.js';
import type { Kernel } from './kernel.js';
import { kernelNamed, MAP_DIRECT } from './map-direct-kernel.js';
import {
  configurations,
  directConfigurations,
  runConfiguration,
  sealConfigurations,
  sealConfigurationsBesideDirect,
  type Configuration,
} from './matrix.js';
import { powerCuts } from './power-cuts.js';
import { compareAbi } from './rdma-abi.js';
import { rdmaConfigurations, TWO_HOSTS } from './rdma-matrix.js';
import { rdmaBoot } from './rdma.js';
import { mutantRuns } from './mutants.js';
import { complaint, matrixTable, Totals } from './report.js';
import { Missing, requireTools } from './tools.js';

const offered = [...configurations, ...sealConfigurations, ...rdmaConfigurations];
const names = (of: readonly Configuration[], isExtra = false): string =>
  of
    .filter((each) => (each.isExtra ?? false) === isExtra)
    .map(({ name }) => `'${name}'`)
    .join(', ');

const USAGE = `Usage: npm run test:vm -- [OPTION...]

Boots a guest with emulated NVDIMMs, virtio-pmem and device-dax, and runs the suites there on real MAP_SYNC mappings.
Needs Linux on x86_64 and Debian's apt; as root it installs what is missing. Nothing is written to this tree.

  --crash N         rounds of taking the power away (default 10, with --only none; 0: none)
  --cuts N          power cuts of '${TWO_HOSTS}', of the server and the client in turn (default 3; 20 before a release)
  --kernel SERIES   6.12 (default) or 6.1; or ${MAP_DIRECT}: one that has MAP_DIRECT, built here from Debian's source
                    (test/vm/map-direct/README.md), where only the suites of MAP_DIRECT run
  --only NAME       one configuration, or all whose names begin so:
                    ${names(offered)}, '${TWO_HOSTS}';
                    with ${MAP_DIRECT}: ${names([...directConfigurations, ...sealConfigurationsBesideDirect])};
                    only so: ${names(offered, true)}
  --mutants         the kernel with MAP_DIRECT with one fault at a time: is each found? --only NAME: just that one
  --verbose         each test's name, not only those that failed
  --help            this text

Exit code: 0 all passed, 1 something failed, 2 usage, or something is missing and is told how to get.
`;

interface Wanted {
  readonly rounds: number;
  readonly series: string;
  readonly matrix: readonly Configuration[];
  /** After the matrix. */
  readonly seals: readonly Configuration[];
  /** After the seals, each on its own kernel. */
  readonly rdma: readonly Configuration[];
  readonly twoHosts: boolean;
  /** Power cuts of two hosts. */
  readonly cuts: number;
  readonly mutants: boolean;
  readonly only: string | undefined;
  readonly verbose: boolean;
}

class UsageError extends Error {}

/** The configuration of a name, or else those whose names begin so; without a name, all but the extra ones. */
function choose(offered: readonly (readonly Configuration[])[], only?: string): Configuration[][] {
  if (only === undefined) return offered.map((each) => each.filter(({ isExtra = false }) => !isExtra));
  const exists = offered.flat().some(({ name }) => name === only);
  return offered.map((each) => each.filter(({ name }) => (exists ? name === only : name.startsWith(only))));
}

function count(name: string, value: string | undefined, otherwise: number): number {
  const number = Number(value ?? otherwise);
  if (!Number.isInteger(number) || number < 0)
    throw new UsageError(`${name} must be a whole number >= 0, not '${value}'`);
  return number;
}

function parse(args: string[]): Wanted | undefined {
  const options = {
    crash: { type: 'string' },
    cuts: { type: 'string' },
    kernel: { type: 'string' },
    only: { type: 'string' },
    mutants: { type: 'boolean' },
    verbose: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help === true) return undefined;
  const series = values.mutants === true ? MAP_DIRECT : (values.kernel ?? '6.12');
  const isDirect = series === MAP_DIRECT;
  const rounds = count('--crash', values.crash, isDirect || values.only !== undefined ? 0 : 10);
  const cuts = count('--cuts', values.cuts, 3);
  const [matrix = [], seals = [], rdma = []] = choose(
    isDirect
      ? [directConfigurations, sealConfigurationsBesideDirect]
      : [configurations, sealConfigurations, rdmaConfigurations],
    values.only,
  );
  const twoHosts = !isDirect && TWO_HOSTS.startsWith(values.only ?? '');
  if (values.mutants !== true && matrix.length + seals.length + rdma.length === 0 && !twoHosts)
    throw new UsageError(`no configuration is called '${values.only}'`);
  return {
    rounds,
    series,
    matrix,
    seals,
    rdma,
    twoHosts,
    cuts,
    only: values.only,
    mutants: values.mutants === true,
    verbose: values.verbose === true,
  };
}

type Row = Record<string, string | boolean>;

interface Run {
  readonly wanted: Wanted;
  readonly scratch: string;
  readonly totals: Totals;
}

/** Cached after the first call. @throws Missing */
function kernelFor({ rdma }: Configuration, { series }: Wanted): Kernel {
  return kernelNamed(rdma?.series ?? series);
}

/** Runs `work`. If something for it is missing, it is skipped, unless nothing else was asked for. @throws Missing */
async function orSkip(name: string, { wanted, totals }: Run, work: () => void | Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof Missing) || wanted.only === name) throw error;
    process.stdout.write(`${name}: skipped: ${error.message}\n`);
    totals.skipped++;
    return false;
  }
}

/** Those whose kernels and libraries can be had. */
async function fetchForRdma(run: Run): Promise<Configuration[]> {
  const ready: Configuration[] = [];
  for (const configuration of run.wanted.rdma) {
    const fetch = (): void => {
      kernelFor(configuration, run.wanted);
      if (configuration.rdma !== undefined) rdmaBoot(configuration.rdma);
    };
    if (await orSkip(configuration.name, run, fetch)) ready.push(configuration);
  }
  return ready;
}

async function runOne(configuration: Configuration, { wanted, scratch, totals }: Run): Promise<Row[]> {
  const started = Date.now();
  const directory = fs.mkdtempSync(path.join(scratch, 'boot-'));
  const shown = wanted.verbose ? /^vm-test: (.*)/ : /^vm-test: (failed.*)/;
  const kernel = kernelFor(configuration, wanted);
  const boot = await runConfiguration(configuration, kernel, directory, (line) => {
    const text = shown.exec(line)?.[1];
    if (text !== undefined) process.stdout.write(`  ${configuration.name}: ${text}\n`);
  });
  fs.rmSync(directory, { recursive: true, force: true });
  totals.add(boot);
  const wrong =
    complaint(boot) ?? (boot.rows.length === configuration.places.length ? undefined : 'a place gave no row');
  totals.judge(wrong === undefined);
  process.stdout.write(
    `${configuration.name}: ${boot.tests.length} tests, ${((Date.now() - started) / 1000).toFixed(0)} s${wrong === undefined ? '' : `: FAILED: ${wrong}`}\n`,
  );
  return boot.rows.map((row) => ({ configuration: configuration.name, ...row }));
}

/** A guest keeps about one processor busy. */
const AT_ONCE = Math.max(1, Math.min(4, os.availableParallelism()));

async function runAll(title: string, chosen: readonly Configuration[], run: Run): Promise<void> {
  if (chosen.length === 0) return;
  const started = Date.now();
  const rows = new Map<Configuration, Row[]>();
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      rows.set(next, await runOne(next, run));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const table = chosen.flatMap((configuration) => rows.get(configuration) ?? []);
  if (table.length > 0) process.stdout.write(`\n${matrixTable(table)}\n`);
  process.stdout.write(`${title}: ${((Date.now() - started) / 1000).toFixed(0)} s\n\n`);
}

async function main(): Promise<number> {
  const wanted = parse(process.argv.slice(2));
  if (wanted === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Missing('the guest runs this very node, so it needs Linux on x86_64');
  requireTools();
  const totals = new Totals();
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'mapdirect-vm-'));
  try {
    const say = (line: string): boolean => process.stdout.write(`${line}\n`);
    if (wanted.mutants) await mutantRuns({ scratch, totals, say, only: wanted.only });
    else {
      const run = { wanted, scratch, totals };
      await runAll('the matrix', wanted.matrix, run);
      await runAll('seals', wanted.seals, run);
      if (wanted.rdma.length > 0) await orSkip('the headers of libibverbs', run, () => compareAbi(totals, say));
      await runAll('rdma', await fetchForRdma(run), run);
      if (wanted.twoHosts) await orSkip(TWO_HOSTS, run, () => powerCuts({ cuts: wanted.cuts, scratch, totals, say }));
      if (wanted.rounds > 0)
        await crashRounds({ rounds: wanted.rounds, kernel: kernelNamed(wanted.series), scratch, totals, say });
    }
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  process.stdout.write(`\n${totals.toString()}\n`);
  return totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

main().then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${USAGE}`);
    else process.stderr.write(`${error instanceof Missing ? error.message : String((error as Error).stack)}\n`);
    process.exitCode = error instanceof UsageError || error instanceof Missing ? 2 : 1;
  },
);
