import { chmodSync, cpSync } from 'node:fs';
import type { Check } from '../check.js';
import { MAJORS, type Major } from '../nodes.js';
import { recordsLoudly, recordsNatively, userOf } from '../record.js';
import { runWell } from '../run.js';
import { program } from '../tools.js';

type User = Awaited<ReturnType<typeof userOf>>;

/** The section of the executable that Node looks for. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Makes a single executable of a program, with the package beside it in node_modules. @returns its path. */
async function singleExecutable({ project, runtime }: User, main: string): Promise<string> {
  const blob = project.path('single.blob');
  const config = project.write('sea.json', JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true }));
  const where = { cwd: project.dir, env: runtime.env };
  await runWell(runtime.node, ['--experimental-sea-config', config], where);
  const executable = project.path('single');
  cpSync(runtime.node, executable, { dereference: true });
  chmodSync(executable, 0o755);
  const postject = await program('postject', 'postject');
  await runWell(runtime.node, [postject, executable, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE], where);
  return executable;
}

const external = (major: Major): Check => ({
  name: `single executable: Node ${major}, mapdirect beside it: native`,
  run: async (stage) => {
    const user = await userOf(stage, major);
    const executable = await singleExecutable(user, user.project.fixture('single.cjs'));
    await recordsNatively({ ...user, executable, args: [] });
  },
});

const inside: Check = {
  name: 'single executable: mapdirect bundled into it: the emulation, with a warning',
  run: async (stage) => {
    const user = await userOf(stage);
    const bundle = user.project.path('bundle.cjs');
    const args = [user.project.fixture('record.cjs'), '--bundle', '--platform=node', `--outfile=${bundle}`];
    await runWell(await program('esbuild', 'esbuild'), [...args, '--log-level=error'], {
      cwd: user.project.dir,
      env: user.runtime.env,
    });
    await recordsLoudly({ ...user, executable: await singleExecutable(user, bundle), args: [] });
  },
};

/** Single executable applications of Node. */
export const executableChecks: readonly Check[] = [...MAJORS.map(external), inside];
