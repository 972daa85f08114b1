import fs from 'node:fs';
import path from 'node:path';
import type { Effort, Trial } from '../../benchmark.js';
import { root, trials } from '../../paths.js';
import { libpmem2, PMEM2_CACHE_LINE } from './pmem2.js';
import { binaryOf, compile, type Library } from './rival.js';

/** The name of the rival in tables and targets. */
export const BARE_CALL = 'bare call';

const SOURCE = 'bare_call.c';

/** Where node-gyp found the headers of Node.js for the last build; undefined: there was none. */
function builtWith(): string | undefined {
  const config = path.join(root, 'build', 'config.gypi');
  return fs.existsSync(config) ? /"nodedir": "(.*)"/.exec(fs.readFileSync(config, 'utf8'))?.[1] : undefined;
}

/** An addon for Node.js. Node-API is the same for all versions, so headers of another one will do. */
function nodeApi(): Library {
  const prefixes = [builtWith() ?? '', path.dirname(path.dirname(process.execPath))];
  const folders = prefixes.map((prefix) => path.join(prefix, 'include', 'node'));
  const found = folders.find((folder) => fs.existsSync(path.join(folder, 'node_api.h')));
  const include = found === undefined ? [] : [`-I${found}`];
  return { flags: ['-shared', '-fPIC', ...include], header: 'node_api.h', remedy: 'npm run build:native downloads it' };
}

/**
 * The least that a call from JavaScript to C can be: Node-API, no argument, no check, and pmem2 persist.
 *
 * @param args - of bench/trials/bare-call.ts, after the addon.
 */
export function bareCall(args: (directory: string, effort: Effort) => readonly string[]): Trial {
  const libraries = [nodeApi(), libpmem2];
  return {
    name: BARE_CALL,
    role: 'rival',
    available: () => compile(SOURCE, libraries),
    command: (directory, effort) => [
      process.execPath,
      path.join(trials, 'bare-call.js'),
      binaryOf(SOURCE, libraries),
      ...args(directory, effort),
    ],
    environment: PMEM2_CACHE_LINE,
  };
}
