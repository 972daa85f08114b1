import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder that keeps tools and binaries between runs. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'mapdirect-pack');

/** Settings of npm that decide whether a registry can be reached at all. */
const KEPT = /^npm_config_(registry|cafile|proxy|https_proxy|noproxy|nodedir)$/i;
/** Variables that `npm run`, Jest, or a test run sets. A stranger has none of them. */
const OURS = /^(npm_|pnpm_|MAPDIRECT_|JEST_|VITEST|NODE_OPTIONS$|NODE_ENV$|INIT_CWD$|JOBS$)/i;

const inherited = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => KEPT.test(name) || !OURS.test(name)),
);

/** `npm run` puts the programs of our node_modules in front. */
const path = (process.env['PATH'] ?? '').split(':').filter((folder) => !/node_modules|node-gyp-bin/.test(folder));

/** The environment of a developer: with compilers, and without the settings of this run. */
export const developer: NodeJS.ProcessEnv = {
  ...inherited,
  PATH: path.join(':'),
  npm_config_update_notifier: 'false',
};

/** The environment of a stranger, whose PATH is this folder alone. Package managers keep their stores in our cache. */
export function stranger(folder: string): NodeJS.ProcessEnv {
  return {
    ...developer,
    PATH: folder,
    XDG_CACHE_HOME: join(CACHE, 'xdg', 'cache'),
    XDG_DATA_HOME: join(CACHE, 'xdg', 'data'),
    XDG_STATE_HOME: join(CACHE, 'xdg', 'state'),
    XDG_CONFIG_HOME: join(CACHE, 'xdg', 'config'),
  };
}
