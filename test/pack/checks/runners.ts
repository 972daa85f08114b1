import { codeBlocks } from '../../support/code-blocks.js';
import { demand, type Check } from '../check.js';
import { userOf } from '../record.js';
import { run, transcript, type Finished } from '../run.js';
import { program, tool } from '../tools.js';

const PASSED = 2; // the tests of each fixture

function demandPassed(finished: Finished): void {
  const text = finished.stdout + finished.stderr;
  const isGood =
    finished.code === 0 && new RegExp(`Tests:?\\s+${PASSED} passed`).test(text) && !text.includes('MAPDIRECT_');
  demand(isGood, transcript(finished));
}

const inJest = (environment: 'node' | 'jsdom'): Check => ({
  name: `test runner: Jest, environment ${environment}`,
  run: async (stage) => {
    const { project, runtime } = await userOf(stage);
    project.link(await tool('jest'), '@jest/globals', 'jest-environment-jsdom');
    project.fixture('jest.test.cjs');
    const args = ['--rootDir', project.dir, '--env', environment, '--no-cache', '--watchman=false', '--ci'];
    const cli = await program('jest', 'jest');
    demandPassed(await run(runtime.node, [cli, ...args], { cwd: project.dir, env: runtime.env }));
  },
});

const inVitest = (pool: 'threads' | 'forks'): Check => ({
  name: `test runner: Vitest, pool ${pool}`,
  run: async (stage) => {
    const { project, runtime } = await userOf(stage, 24); // Vitest 5 needs Node 22
    project.link(await tool('vitest'), 'vitest', 'vite');
    project.fixture('vitest.test.mjs');
    const args = ['run', '--pool', pool];
    const cli = await program('vitest', 'vitest');
    demandPassed(await run(runtime.node, [cli, ...args], { cwd: project.dir, env: { ...runtime.env, NO_COLOR: '1' } }));
  },
});

/** The test of docs/testing.md, as it stands there, and with a store that is not durable. */
const crashesInVitest: Check = {
  name: 'testing: a check of crashes in Vitest',
  run: async (stage) => {
    const { project, runtime } = await userOf(stage, 24);
    project.link(await tool('vitest'), 'vitest', 'vite');
    const cli = await program('vitest', 'vitest');
    const [{ code } = { code: '' }] = codeBlocks('docs/testing.md', 'mjs');
    const runWith = (text: string): Promise<Finished> => {
      project.write('count.test.mjs', text);
      return run(runtime.node, [cli, 'run'], { cwd: project.dir, env: { ...runtime.env, NO_COLOR: '1' } });
    };
    const right = await runWith(code);
    demand(right.code === 0 && /Tests +1 passed/.test(right.stdout), transcript(right));
    const wrong = await runWith(code.replace('mapping.persistWord(0, count);', 'mapping.view(0, 1)[0] = count;'));
    const isNamed = (wrong.stdout + wrong.stderr).includes("granularity 'byte': 3 images at 2 crash points");
    demand(wrong.code === 1 && isNamed, transcript(wrong));
  },
};

/** A user's tests, which use the package. */
export const runnerChecks: readonly Check[] = [
  inJest('node'),
  inJest('jsdom'),
  inVitest('threads'),
  inVitest('forks'),
  crashesInVitest,
];
