import { cpSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { ADDON } from '../../support/paths.js';
import { demand, type Check } from '../check.js';
import { recordsLoudly, recordsNatively, userOf } from '../record.js';
import { run, runWell, transcript } from '../run.js';
import { program, tool } from '../tools.js';

type User = Awaited<ReturnType<typeof userOf>>;

/** Makes a bundle of a program, with the package inside or outside. @returns the path of the bundle. */
type Bundle = (user: User, place: 'inside' | 'outside') => Promise<string>;

const inFolder = ({ project, runtime }: User) => ({ cwd: project.dir, env: runtime.env });

const esbuild =
  (format: 'cjs' | 'esm'): Bundle =>
  async (user, place) => {
    const entry = user.project.fixture(format === 'cjs' ? 'record.cjs' : 'record.mjs');
    const output = user.project.path('dist', 'lib', 'backend', format === 'cjs' ? 'bundle.cjs' : 'bundle.mjs');
    const external = place === 'outside' ? ['--external:mapdirect'] : [];
    const args = [
      entry,
      '--bundle',
      '--platform=node',
      `--format=${format}`,
      `--outfile=${output}`,
      '--log-level=error',
    ];
    await runWell(await program('esbuild', 'esbuild'), [...args, ...external], inFolder(user));
    return output;
  };

const webpack: Bundle = async (user, place) => {
  const output = user.project.path('dist', 'lib', 'backend', 'bundle.cjs');
  const home = `${await tool('webpack')}/webpack`;
  const args = [user.project.fixture('webpack.cjs'), home, user.project.fixture('record.cjs'), output];
  await runWell(user.runtime.node, [...args, place === 'outside' ? 'external' : ''], inFolder(user));
  return output;
};

const rollup: Bundle = async (user, place) => {
  user.project.link(await tool('rollup'), 'rollup', '@rollup/plugin-commonjs', '@rollup/plugin-node-resolve');
  const output = user.project.path('dist', 'lib', 'backend', 'bundle.cjs');
  const args = [user.project.fixture('record.mjs'), '--file', output, '--format', 'cjs', '--silent'];
  const how =
    place === 'outside'
      ? ['--external', 'mapdirect']
      : ['--plugin', 'commonjs', '--plugin', 'node-resolve={preferBuiltins:true}'];
  await runWell(user.runtime.node, [await program('rollup', 'rollup'), ...args, ...how], inFolder(user));
  return output;
};

const vite: Bundle = async (user, place) => {
  const config = {
    ssr: place === 'outside' ? { external: ['mapdirect'] } : { noExternal: true },
    build: {
      ssr: user.project.fixture('record.mjs'),
      outDir: 'dist/lib/backend',
      rollupOptions: { output: { entryFileNames: 'bundle.mjs' } },
    },
    logLevel: 'error',
  };
  user.project.write('vite.config.mjs', `export default ${JSON.stringify(config)};\n`);
  await runWell(user.runtime.node, [await program('vite', 'vite'), 'build'], inFolder(user));
  return user.project.path('dist', 'lib', 'backend', 'bundle.mjs');
};

const BUNDLERS = {
  'esbuild, CommonJS': esbuild('cjs'),
  'esbuild, ES module': esbuild('esm'),
  webpack,
  Rollup: rollup,
  'Vite SSR': vite,
} satisfies Record<string, Bundle>;

/** Puts a good addon of this package where a bundle could look for one: it must not be loaded from there. */
function layTrap({ project }: User): void {
  for (const name of ['mapdirect.node', 'foreign.node']) {
    const place = project.path('build', 'Release', name);
    mkdirSync(dirname(place), { recursive: true });
    cpSync(ADDON, place);
  }
}

const external = (name: string, bundle: Bundle): Check => ({
  name: `bundler: ${name}, mapdirect external: native`,
  run: async (stage) => {
    const user = await userOf(stage);
    await recordsNatively({ ...user, args: [await bundle(user, 'outside')] });
  },
});

const inside = (name: string, bundle: Bundle): Check => ({
  name: `bundler: ${name}, mapdirect inside: the emulation, with a warning, and no addon of others`,
  run: async (stage) => {
    const user = await userOf(stage);
    layTrap(user);
    await recordsLoudly({ ...user, args: [await bundle(user, 'inside')] });
  },
});

/** An ES module of esbuild has no require(), so it ends at its first line. */
const insideEsModule: Check = {
  name: 'bundler: esbuild, ES module, mapdirect inside: does not load',
  run: async (stage) => {
    const user = await userOf(stage);
    layTrap(user);
    const args = [await BUNDLERS['esbuild, ES module'](user, 'inside'), user.project.path('record.data')];
    const finished = await run(user.runtime.node, args, inFolder(user));
    demand(finished.code === 1 && finished.stderr.includes('Dynamic require of'), transcript(finished));
  },
};

/** Bundles of each bundler. docs/runtimes.md has a row for each. */
export const bundlerChecks: readonly Check[] = [
  ...Object.entries(BUNDLERS).map(([name, bundle]) => external(name, bundle)),
  ...Object.entries(BUNDLERS)
    .filter(([name]) => name !== 'esbuild, ES module')
    .map(([name, bundle]) => inside(name, bundle)),
  insideEsModule,
];
