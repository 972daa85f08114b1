import fs from 'node:fs';
import path from 'node:path';
import { boot, makeMemories } from './guest.js';
import type { Kernel } from './kernel.js';
import { DIRECT_FLAG, KernelTree, mapDirectCheck, requireBuildTools, sources } from './map-direct-kernel.js';
import { complaint, type Totals } from './report.js';
import { Missing } from './tools.js';

/** One fault in the patched kernel: a text of one of its files and what stands there instead. */
interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** How the check that must fail begins. */
  readonly caught: string;
  /** The stress of the package must find it too. */
  readonly stress?: boolean;
}

export interface MutantOptions {
  readonly scratch: string;
  readonly totals: Totals;
  readonly say: (line: string) => void;
  /** Just that one. */
  readonly only: string | undefined;
}

const CHECKS = [
  ['ext4', 'ext4-dax'],
  ['stress', 'ext4-dax'],
  ['inode', 'ext4-dax-inode'],
  ['xfs', 'xfs-dax'],
  ['stress', 'xfs-dax'],
] as const;

const STRESS = 'dist/test/direct/stress';
const STRESS_SECONDS = '60';
/** What its judge says of a kernel that does not seal. */
const VIOLATION = /succeeded while sealed|moved while sealed/;

/** What the checks say of a kernel: the names of those that failed, with the place. */
async function failures(kernel: Kernel, scratch: string): Promise<{ failed: string[]; wrong: string | undefined }> {
  const directory = fs.mkdtempSync(path.join(scratch, 'mutant-'));
  const result = await boot({
    kernel,
    memories: makeMemories(directory, [...new Set(CHECKS.map(([, place]) => place))]),
    scratch: directory,
    seconds: 400,
    scripts: CHECKS.map(([mode, place]) => ['check-kernel', mapDirectCheck(), mode, place]),
  });
  fs.rmSync(directory, { recursive: true, force: true });
  return { failed: result.tests.filter(({ status }) => status === 'failed').map(({ name }) => name), wrong: complaint(result) };
}

function mutated({ file, from, to }: Mutant, tree: KernelTree, image: string): Kernel {
  const source = path.join(tree.directory, file);
  const right = fs.readFileSync(source, 'utf8');
  if (right.split(from).length !== 2) throw new Error(`${file} has not got, or not just once:\n${from}`);
  fs.writeFileSync(source, right.replace(from, () => to));
  try {
    tree.build(image);
  } finally {
    fs.writeFileSync(source, right);
  }
  return { version: 'map-direct-mutant', image, root: undefined };
}

/** What the package's stress finds on a kernel; undefined: nothing. */
async function stressed(kernel: Kernel, scratch: string): Promise<string | undefined> {
  const directory = fs.mkdtempSync(path.join(scratch, 'stress-'));
  let found: string | undefined;
  await boot({
    kernel,
    memories: makeMemories(directory, ['ext4-dax']),
    scratch: directory,
    seconds: 400,
    environment: { MAPDIRECT_DIRECT_FLAG: DIRECT_FLAG, MAPDIRECT_STRESS_SECONDS: STRESS_SECONDS },
    scripts: [['run-suites', 'ext4-dax', 'cache-line', STRESS]],
    onLine: (line) => {
      if (VIOLATION.test(line)) found ??= line.trim();
    },
  });
  fs.rmSync(directory, { recursive: true, force: true });
  return found;
}

/** Does the check of the kernel find each fault? Builds and boots one kernel per fault. @throws Missing */
export async function mutantRuns({ scratch, totals, say, only }: MutantOptions): Promise<void> {
  requireBuildTools();
  const all = JSON.parse(fs.readFileSync(path.join(sources, 'mutants.json'), 'utf8')) as readonly Mutant[];
  const mutants = all.filter(({ name }) => only === undefined || name === only);
  if (mutants.length === 0) throw new Missing(`no mutant is called '${only}'; there are: ${all.map(({ name }) => `'${name}'`).join(', ')}`);
  const tree = new KernelTree(scratch);
  const image = path.join(scratch, 'vmlinux');
  for (const mutant of mutants) {
    const kernel = mutated(mutant, tree, image);
    const { failed, wrong } = await failures(kernel, scratch);
    const found = failed.some((name) => name.includes(`: ${mutant.caught}`));
    totals.judge(found);
    say(`mutant '${mutant.name}': ${found ? 'found' : 'NOT FOUND'}, ${failed.length} checks failed${wrong === undefined ? '' : `; ${wrong}`}`);
    for (const name of failed) say(`  ${name}`);
    if (mutant.stress !== true) continue;
    const violation = await stressed(kernel, scratch);
    totals.judge(violation !== undefined);
    say(`  the stress of the package: ${violation === undefined ? 'NOT FOUND' : `found: ${violation}`}`);
  }
}
