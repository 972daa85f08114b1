import fs from 'node:fs';
import path from 'node:path';
import { boot, makeMemories } from './guest.js';
import type { Kernel } from './kernel.js';
import { KernelTree, mapDirectCheck, requireBuildTools, sources } from './map-direct-kernel.js';
import { complaint, type Totals } from './report.js';

/** One fault in the patched kernel: a text of one of its files and what stands there instead. */
interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** How the check that must fail begins. */
  readonly caught: string;
}

export interface MutantOptions {
  readonly scratch: string;
  readonly totals: Totals;
  readonly say: (line: string) => void;
}

const CHECKS = [
  ['ext4', 'ext4-dax'],
  ['stress', 'ext4-dax'],
  ['inode', 'ext4-dax-inode'],
  ['xfs', 'xfs-dax'],
  ['stress', 'xfs-dax'],
] as const;

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

/** Does the check of the kernel find each fault? Builds and boots one kernel per fault. @throws Missing */
export async function mutantRuns({ scratch, totals, say }: MutantOptions): Promise<void> {
  requireBuildTools();
  const mutants = JSON.parse(fs.readFileSync(path.join(sources, 'mutants.json'), 'utf8')) as readonly Mutant[];
  const tree = new KernelTree(scratch);
  const image = path.join(scratch, 'vmlinux');
  for (const mutant of mutants) {
    const { failed, wrong } = await failures(mutated(mutant, tree, image), scratch);
    const found = failed.some((name) => name.includes(`: ${mutant.caught}`));
    totals.judge(found);
    say(`mutant '${mutant.name}': ${found ? 'found' : 'NOT FOUND'}, ${failed.length} checks failed${wrong === undefined ? '' : `; ${wrong}`}`);
    for (const name of failed) say(`  ${name}`);
  }
}
