import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { demand, type Check } from '../check.js';
import { CACHE } from '../environment.js';
import type { Major } from '../nodes.js';
import { recordsNatively } from '../record.js';
import { run, transcript, type Finished } from '../run.js';
import type { Stage } from '../stage.js';
import { requireNetwork, tool, type ToolName } from '../tools.js';

interface Manager {
  readonly tool: ToolName;
  /** Its program, below node_modules. */
  readonly program: string;
  /** The oldest Node on which it runs. */
  readonly major: Major;
  readonly args: (tarball: string) => string[];
  readonly files?: Readonly<Record<string, string>>;
  /** Options of node for the program. */
  readonly nodeArgs?: readonly string[];
}

/** That of npm. yarn has another one by default. */
const REGISTRY =
  process.env['npm_config_registry'] ?? execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
const berry = (linker: string): Readonly<Record<string, string>> => ({
  'yarn.lock': '', // the root of a project: yarn does not look in the folders above
  '.yarnrc.yml': [
    `nodeLinker: ${linker}`,
    'enableScripts: false',
    'enableTelemetry: false',
    `npmRegistryServer: ${JSON.stringify(REGISTRY)}`,
    `globalFolder: ${JSON.stringify(join(CACHE, 'yarn-4'))}`,
    '',
  ].join('\n'),
});
const npm = (tarball: string): string[] => [
  'install',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
  tarball,
];
const pnpm = (tarball: string): string[] => ['add', '--ignore-scripts', '--prefer-offline', tarball];
const yarn4 = { tool: 'yarn 4', program: '@yarnpkg/cli-dist/bin/yarn.js', major: 20 } as const;
const yarn4Args = (tarball: string): string[] => ['add', `mapdirect@file:${tarball}`];

const MANAGERS: Readonly<Record<string, Manager>> = {
  'npm 10': { tool: 'npm 10', program: 'npm/bin/npm-cli.js', major: 20, args: npm },
  'npm 12': { tool: 'npm 12', program: 'npm/bin/npm-cli.js', major: 24, args: npm },
  'pnpm 10': { tool: 'pnpm 10', program: 'pnpm/bin/pnpm.cjs', major: 20, args: pnpm },
  'pnpm 12': { tool: 'pnpm 12', program: 'pnpm/bin/pnpm.mjs', major: 24, args: pnpm },
  'yarn 1': {
    tool: 'yarn 1',
    program: 'yarn/bin/yarn.js',
    major: 20,
    args: (tarball) => ['add', '--ignore-scripts', '--prefer-offline', '--registry', REGISTRY, `file:${tarball}`],
  },
  'yarn 4 with node-modules': { ...yarn4, args: yarn4Args, files: berry('node-modules') },
  "yarn 4 with Plug'n'Play": {
    ...yarn4,
    args: yarn4Args,
    files: berry('pnp'),
    nodeArgs: ['--require', './.pnp.cjs'],
  },
};

async function install(stage: Stage, manager: Manager): Promise<[Finished, Awaited<ReturnType<typeof setUp>>]> {
  const user = await setUp(stage, manager);
  const cli = join(await tool(manager.tool), manager.program);
  const env = { ...user.runtime.env, YARN_CACHE_FOLDER: join(CACHE, 'yarn-1'), HOME: homedir() };
  const args = [cli, ...manager.args(await stage.tarball())];
  return [await run(user.runtime.node, args, { cwd: user.project.dir, env }), user];
}

async function setUp(stage: Stage, { major, files = {} }: Manager) {
  const project = stage.emptyProject();
  for (const [name, text] of Object.entries(files)) project.write(name, text);
  return { project, runtime: await stage.nodes.of(major) };
}

/** Each package manager installs the tarball with its scripts blocked. */
export const managerChecks: readonly Check[] = Object.entries(MANAGERS).map(([name, manager]) => ({
  name: `manager: ${name}`,
  run: async (stage) => {
    const [finished, user] = await install(stage, manager);
    if (finished.code !== 0) requireNetwork(finished.stdout + finished.stderr);
    demand(finished.code === 0, transcript(finished));
    await recordsNatively({ ...user, args: [...(manager.nodeArgs ?? []), user.project.fixture('record.cjs')] });
  },
}));
