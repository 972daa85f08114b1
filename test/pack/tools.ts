import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Skipped } from './check.js';
import { CACHE, developer } from './environment.js';
import { run, transcript } from './run.js';

/** The package of Node's own program. */
export const NODE = `node-linux-${process.arch}`;

/** The tools of the checks. Exact versions: a new release of one of them must not decide a result. */
const TOOLS = {
  'node 20': { [NODE]: '20.20.2' },
  'node 22': { [NODE]: '22.23.3' },
  'node 24': { [NODE]: '24.21.0' },
  'node 26': { [NODE]: '26.10.0' },
  'npm 10': { npm: '10.9.9' },
  'npm 12': { npm: '12.2.2' },
  'pnpm 10': { pnpm: '10.34.8' },
  'pnpm 12': { pnpm: '12.21.0' },
  'yarn 1': { yarn: '1.22.22' },
  'yarn 4': { '@yarnpkg/cli-dist': '4.18.1' },
  esbuild: { esbuild: '0.28.2' },
  webpack: { webpack: '5.113.0' },
  rollup: { rollup: '4.68.8', '@rollup/plugin-commonjs': '29.0.3', '@rollup/plugin-node-resolve': '16.0.3' },
  vite: { vite: '8.3.8' },
  postject: { postject: '1.0.0-alpha.6' },
  jest: { jest: '30.5.2', '@jest/globals': '30.5.2', 'jest-environment-jsdom': '30.5.2' },
  vitest: { vitest: '5.1.2', vite: '8.3.8' },
  publint: { publint: '0.3.25' },
  attw: { '@arethetypeswrong/cli': '0.18.5' },
  'typescript 5.2': { typescript: '5.2.2' },
  'typescript 5.4': { typescript: '5.4.5' },
  'typescript 5.9': { typescript: '5.9.3' },
  'typescript 6.0': { typescript: '6.0.3' },
  'typescript 7.0': { typescript: '7.0.2' },
  'types of node': { '@types/node': '20.19.43' },
} satisfies Record<string, Record<string, string>>;

export type ToolName = keyof typeof TOOLS;

/** What npm says where the registry cannot be reached. */
const NO_NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/;

/** @throws Skipped: the registry could not be reached. Error: npm failed for another reason. */
export function requireNetwork(output: string): void {
  const reason = NO_NETWORK.exec(output)?.[1];
  if (reason !== undefined)
    throw new Skipped(
      `the npm registry cannot be reached (${reason}); run it once with a network, later runs use ${CACHE}`,
    );
}

async function install(name: ToolName, home: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(`${home}-`);
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: TOOLS[name] }));
    const args = ['install', '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund', '--prefer-offline'];
    const finished = await run('npm', args, { cwd: folder, env: developer });
    if (finished.code !== 0) {
      requireNetwork(finished.stderr);
      throw new Error(transcript(finished));
    }
    if (!existsSync(home)) renameSync(folder, home);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const homes = new Map<ToolName, Promise<string>>();

async function findHome(name: ToolName): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(TOOLS[name])).digest('hex').slice(0, 8);
  const home = join(CACHE, `${name.replace(' ', '-')}-${key}`);
  if (!existsSync(home)) await install(name, home);
  return join(home, 'node_modules');
}

/** The folder node_modules with a tool, from the cache or else from the registry. @throws Skipped: no network. */
export function tool(name: ToolName): Promise<string> {
  const found = homes.get(name) ?? findHome(name);
  homes.set(name, found);
  return found;
}

/** The path of a program of a package, by its package.json. */
export async function program(name: ToolName, packageName: string, bin = packageName): Promise<string> {
  const home = join(await tool(name), packageName);
  const json = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { bin: string | Record<string, string> };
  const path = typeof json.bin === 'string' ? json.bin : json.bin[bin];
  if (path === undefined) throw new Error(`${packageName} has no program ${bin}`);
  return join(home, path);
}
