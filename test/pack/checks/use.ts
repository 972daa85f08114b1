import { demand, type Check } from '../check.js';
import { MAJORS } from '../nodes.js';
import { recordsNatively, userOf } from '../record.js';
import { run, transcript } from '../run.js';
import type { Stage } from '../stage.js';

const WAYS = {
  require: 'record.cjs',
  import: 'record.mjs',
  'worker thread': 'worker.cjs',
  'child process': 'child.cjs',
};

const nothingToBuildWith: Check = {
  name: 'use: the PATH has no compiler, no make and no Python',
  run: async (stage) => {
    const { project, runtime } = await userOf(stage);
    const finished = await run('/bin/sh', ['-c', 'command -v cc gcc g++ c++ clang make python3; command -v node'], {
      cwd: project.dir,
      env: runtime.env,
    });
    demand(/^\/\S+\/node\n$/.test(finished.stdout), transcript(finished));
  },
};

const commandLine: Check = {
  name: 'use: npx mapdirect demo',
  run: async (stage) => {
    const { project, runtime } = await userOf(stage);
    const bin = project.path('node_modules', '.bin', 'mapdirect');
    const args = ['demo', '--size', '4M', '--seconds', '0.2', '--json'];
    const finished = await run(bin, args, { cwd: project.dir, env: runtime.env });
    demand(finished.code === 0 && finished.stderr === '', transcript(finished));
  },
};

/** The package in the four ways in which a program can use it, on each Node. */
export const useChecks: readonly Check[] = [
  nothingToBuildWith,
  commandLine,
  ...MAJORS.flatMap((major) =>
    Object.entries(WAYS).map(([way, fixture]) => ({
      name: `use: ${way} on Node ${major}`,
      run: async (stage: Stage) => {
        const user = await userOf(stage, major);
        await recordsNatively({ ...user, args: [user.project.fixture(fixture)] });
      },
    })),
  ),
];
