import fs from 'node:fs';
import path from 'node:path';
import { boot, makeMemories } from './guest.js';
import type { Kernel } from './kernel.js';
import { DIRECT_FLAG, KernelTree, mapDirectCheck, requireBuildTools, sources } from './map-direct-kernel.js';
import { complaint, type Totals } from './report.js';
import { Missing } from './tools.js';

/** One fault in the patched kernel: a text of one of its files, and the wrong text for its place. */
interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** How the check that must fail begins. Without it there is no fault: nothing may be found. */
  readonly caught?: string;
  /** The stress of the package runs on it too, and must find the same. */
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

const STRESS = 'dist/test/seals/direct/stress';
const STRESS_SECONDS = '60';
/** The verdict of its judge on a kernel that does not seal. */
const VIOLATION = /succeeded while sealed|moved while sealed/;

/** The checks that failed on a kernel: their names, with the place. */
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
  return {
    failed: result.tests.filter(({ status }) => status === 'failed').map(({ name }) => name),
    wrong: complaint(result),
  };
}

function mutated({ file, from, to }: Mutant, tree: KernelTree, image: string): Kernel {
  const source = path.join(tree.directory, file);
  const right = fs.readFileSync(source, 'utf8');
  if (right.split(from).length !== 2) throw new Error(`${file} has not got, or not just once:\n${from}`);
  fs.writeFileSync(
    source,
    right.replace(from, () => to),
  );
  try {
    tree.build(image);
  } finally {
    fs.writeFileSync(source, right);
  }
  return { version: 'map-direct-mutant', image, root: undefined };
}

/** The package's stress on a kernel: the first violation that it reported, and the other failures. */
async function stressed(
  kernel: Kernel,
  scratch: string,
): Promise<{ violation: string | undefined; wrong: string | undefined }> {
  const directory = fs.mkdtempSync(path.join(scratch, 'stress-'));
  let violation: string | undefined;
  const result = await boot({
    kernel,
    memories: makeMemories(directory, ['ext4-dax']),
    scratch: directory,
    seconds: 400,
    environment: { MAPDIRECT_DIRECT_FLAG: DIRECT_FLAG, MAPDIRECT_STRESS_SECONDS: STRESS_SECONDS },
    scripts: [['run-suites', 'ext4-dax', 'cache-line', STRESS]],
    onLine: (line) => {
      if (VIOLATION.test(line)) violation ??= line.trim();
    },
  });
  fs.rmSync(directory, { recursive: true, force: true });
  return { violation, wrong: complaint(result) ?? result.tests.find(({ status }) => status !== 'passed')?.name };
}

/** Does the check of the kernel find each fault? Builds and boots one kernel per fault. @throws Missing */
export async function mutantRuns({ scratch, totals, say, only }: MutantOptions): Promise<void> {
  requireBuildTools();
  const all = JSON.parse(fs.readFileSync(path.join(sources, 'mutants.json'), 'utf8')) as readonly Mutant[];
  const mutants = all.filter(({ name }) => only === undefined || name === only);
  if (mutants.length === 0)
    throw new Missing(`no mutant is called '${only}'; there are: ${all.map(({ name }) => `'${name}'`).join(', ')}`);
  const tree = new KernelTree(scratch);
  const image = path.join(scratch, 'vmlinux');
  for (const { caught, stress, ...mutant } of mutants) {
    const kernel = mutated(mutant, tree, image);
    const { failed, wrong } = await failures(kernel, scratch);
    const right =
      caught === undefined
        ? failed.length === 0 && wrong === undefined
        : failed.some((name) => name.includes(`: ${caught}`));
    totals.judge(right);
    say(
      `${caught === undefined ? 'no fault' : 'mutant'} '${mutant.name}': ${right ? 'as it must be' : 'NOT AS IT MUST BE'}, ${failed.length} checks failed${wrong === undefined ? '' : `; ${wrong}`}`,
    );
    for (const name of failed) say(`  ${name}`);
    if (stress !== true) continue;
    const found = await stressed(kernel, scratch);
    const agrees =
      caught === undefined ? found.violation === undefined && found.wrong === undefined : found.violation !== undefined;
    totals.judge(agrees);
    say(
      `  the stress of the package: ${agrees ? '' : 'NOT AS IT MUST BE: '}${found.violation ?? found.wrong ?? 'no violation'}`,
    );
  }
}
