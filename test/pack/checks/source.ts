import { availableParallelism } from 'node:os';
import { demand, type Check } from '../check.js';
import { developer } from '../environment.js';
import { recordsNatively } from '../record.js';
import { run, transcript } from '../run.js';
import { makeTarball } from '../tarball.js';
import { requireNetwork } from '../tools.js';

const compiles: Check = {
  name: 'source: without a binary, npm compiles it with all cores, and says so before it starts',
  run: async (stage) => {
    const project = stage.emptyProject();
    const tarball = await makeTarball(stage.scratch, 'no binary');
    const args = ['install', '--foreground-scripts', '--no-audit', '--no-fund', '--prefer-offline', tarball];
    const env = { ...developer, npm_config_ignore_scripts: 'false' };
    const finished = await run('npm', args, { cwd: project.dir, env });
    if (finished.code !== 0) requireNetwork(finished.stderr);
    demand(finished.code === 0, transcript(finished));
    const lines = finished.stdout.split('\n');
    const said = lines.findIndex((line) => line.startsWith('mapdirect: compiling '));
    const compiled = lines.findIndex((line) => /^\s+CXX/.test(line));
    const jobs = Number(/with (\d+) compiler/.exec(lines[said] ?? '')?.[1]);
    const isGood = said >= 0 && said < compiled && jobs === Math.min(availableParallelism(), 8);
    demand(isGood, transcript(finished));
    const runtime = await stage.nodes.of(20);
    await recordsNatively({ project, runtime, args: [project.fixture('record.cjs')] });
  },
};

/** An install that compiles. */
export const sourceChecks: readonly Check[] = [compiles];
