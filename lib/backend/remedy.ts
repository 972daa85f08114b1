import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** The package manager that installed the package. */
export type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun';

/** The remedy of errors that only the emulation throws. */
export const GET_NATIVE = 'get the native backend (durability.reasons says how)';

const NEEDS = 'a C++17 compiler, make and python3';

// The files that each manager leaves in, or beside, a folder of packages.
const traces: ReadonlyArray<readonly [Manager, string]> = [
  ['npm', join('node_modules', '.package-lock.json')],
  ['yarn', join('node_modules', '.yarn-state.yml')],
  ['yarn', join('node_modules', '.yarn-integrity')],
  ['pnpm', join('node_modules', '.modules.yaml')],
  ['bun', 'bun.lock'],
  ['bun', 'bun.lockb'],
];

function isAt(path: string): boolean {
  try {
    return existsSync(path);
  } catch {
    return false; // the permission model forbids the call
  }
}

/** The manager, by the folder of the package; undefined: unknown. */
export function managerAt(root: string): Manager | undefined {
  if (process.versions['pnp'] !== undefined || root.includes(`${sep}.yarn${sep}`)) return 'yarn';
  if (root.includes(join(sep, 'node_modules', '.pnpm', sep))) return 'pnpm';
  const project = root.split(`${sep}node_modules${sep}`)[0];
  return project === undefined || project === root
    ? undefined
    : traces.find(([, trace]) => isAt(join(project, trace)))?.[0];
}

/** The manager, by npm_config_user_agent, which each one sets for its scripts ("pnpm/10.2.0 npm/? node/v24.1.0"). */
export function managerOf(userAgent: string | undefined): Manager | undefined {
  const name = userAgent?.split('/', 1)[0];
  return name === 'npm' || name === 'pnpm' || name === 'yarn' || name === 'bun' ? name : undefined;
}

// Each manager blocks install scripts in some versions or settings, and reports the rebuild as a success then.
const commands: Readonly<Record<Manager, string>> = {
  npm: 'run "npm rebuild mapdirect --ignore-scripts=false --foreground-scripts" (npm 12 and later: "npm install-scripts approve mapdirect" first)',
  pnpm: 'run "pnpm approve-builds", choose mapdirect, then "pnpm rebuild mapdirect"',
  yarn: 'set dependenciesMeta.mapdirect.built to true in package.json (and enableScripts to true in .yarnrc.yml), then run "yarn rebuild mapdirect"',
  bun: 'run "bun pm trust mapdirect"',
};

const unknown = `let its install script run (${Object.entries(commands)
  .map(([manager, command]) => `${manager}: ${command}`)
  .join('; ')})`;

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** One sentence: how to build the addon of the package in `root`. */
export function buildRemedy(root: string, manager = managerAt(root)): string {
  const script = quoted(join(root, 'scripts', 'install.js'));
  // A clone of the repository has no manager: the first command is the whole remedy.
  if (manager === undefined && !dirname(root).endsWith(`${sep}node_modules`))
    return `With ${NEEDS} installed, run "node ${script}".`;
  const command = manager === undefined ? unknown : commands[manager];
  return `With ${NEEDS} installed, ${command}; or, past the package manager, "node ${script}".`;
}
