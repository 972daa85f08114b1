// The proof of the proof: each fault put into the simulator is found by the comparison with the model.
import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, ROOT } from '../support/paths.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();

interface Mutant {
  readonly fault: string;
  readonly file: string;
  /** A text of the compiled file, which it has once. */
  readonly from: string;
  readonly to: string;
}

const MUTANTS: readonly Mutant[] = [
  { fault: 'a drain guarantees nothing', file: 'model.js', from: 'this.guarantee(mark);', to: '' },
  {
    fault: 'a drain guarantees what was never flushed',
    file: 'model.js',
    from: 'if (this.rules.drainsAll && id === undefined)',
    to: 'if (id === undefined)',
  },
  {
    fault: 'a line becomes durable as one word',
    file: 'model.js',
    from: "unit: lines === 'ordered' ? LINE : word_js_1.WORD_BYTES",
    to: 'unit: LINE',
  },
  { fault: 'the persist of a page covers one sector', file: 'model.js', from: 'block: PAGE', to: 'block: sector' },
  {
    fault: 'a flush covers stores that come after it',
    file: 'model.js',
    from: 'upTo: unit.gone + unit.moments.length }',
    to: 'upTo: Infinity }',
  },
  {
    fault: 'the pages of a failed persist stay dirty',
    file: 'model.js',
    from: 'this.failedPages.set(this.pageOf(unit), { failedAt: number });',
    to: '',
  },
  {
    fault: 'recovery never crashes',
    file: 'checker.js',
    from: 'if (this.levels.length <= this.request.depth &&',
    to: 'if (false &&',
  },
  {
    fault: 'no crash just before an acknowledgement',
    file: 'walk.js',
    from: "event.kind === 'ack' || event.kind",
    to: 'event.kind',
  },
];

/** A package with the compiled simulator, its tests of the model, and the same addon. */
function copyPackage(name: string): string {
  const root = join(scratch.dir, name);
  mkdirSync(root, { recursive: true });
  for (const folder of ['lib', 'test/testing', 'test/support'])
    cpSync(join(DIST, folder), join(root, 'dist', folder), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(root, 'package.json'));
  for (const folder of ['node_modules', 'build']) symlinkSync(join(ROOT, folder), join(root, folder));
  return root;
}

function check(root: string): { status: number | null; stderr: string } {
  const program = join(root, 'dist', 'test', 'testing', 'mutant-check.js');
  const { status, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  return { status, stderr };
}

test('without a fault no difference is found', () => {
  expect(check(copyPackage('whole'))).toEqual({ status: 0, stderr: '' });
});

test.each(MUTANTS)('$fault: found', ({ fault, file, from, to }) => {
  const root = copyPackage(fault.replaceAll(' ', '-'));
  const path = join(root, 'dist', 'lib', 'testing', file);
  const text = readFileSync(path, 'utf8');
  expect(text.split(from)).toHaveLength(2);
  writeFileSync(path, text.replace(from, to));
  const { status, stderr } = check(root);
  expect(status).toBe(1);
  expect(stderr).toMatch(/Error|AssertionError/);
});
