import { join } from 'node:path';
import { ROOT } from '../support/paths.js';
import { developer } from './environment.js';
import { runWell } from './run.js';
import type { Stage } from './stage.js';
import { program } from './tools.js';

/** A command that a user types, and the seconds that it took. */
type Step = readonly [command: string, seconds: number];

async function timed(command: string, work: () => Promise<unknown>): Promise<Step> {
  const start = performance.now();
  await work();
  return [command, (performance.now() - start) / 1000];
}

function show(title: string, steps: readonly Step[]): void {
  const sum = steps.reduce((seconds, [, more]) => seconds + more, 0);
  console.log(`${title}: ${steps.length} commands, ${sum.toFixed(1)} s`);
  for (const [command, seconds] of steps) console.log(`  ${seconds.toFixed(1).padStart(6)} s  ${command}`);
}

async function fromClone(stage: Stage): Promise<void> {
  const dir = join(stage.scratch, 'clone');
  const shell = (line: string, cwd: string) => runWell('/bin/sh', ['-c', line], { cwd, env: developer });
  show("from git clone to the demo's output", [
    await timed('git clone', () => shell(`git clone --quiet '${ROOT}' '${dir}'`, stage.scratch)),
    await timed('npm ci && npm start', () => shell('npm ci && npm start', dir)),
  ]);
}

async function fromTarball(stage: Stage): Promise<void> {
  const { node, env } = await stage.nodes.of(20);
  const npm = await program('npm 10', 'npm');
  const tarball = await stage.tarball();
  const project = stage.emptyProject();
  const file = project.fixture('record.cjs');
  const where = { cwd: project.dir, env };
  show('from npm install TARBALL to a persisted record, with a prebuilt binary', [
    await timed('npm install TARBALL', () => runWell(node, [npm, 'install', tarball], where)),
    await timed('node record.cjs', () => runWell(node, [file, project.path('record.data')], where)),
  ]);
}

/** Prints the time that a new user needs. No limit: a busy machine is no fault. */
export async function timeNewUser(stage: Stage): Promise<void> {
  await fromTarball(stage);
  await fromClone(stage);
}
