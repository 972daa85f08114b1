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

/** A user's tests, which use the package. */
export const runnerChecks: readonly Check[] = [inJest('node'), inJest('jsdom'), inVitest('threads'), inVitest('forks')];
