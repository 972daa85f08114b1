import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './paths.js';

/** The folder of node_api.h: node-gyp's, else the one of the running node. undefined: there is none. */
export function nodeHeaders(): string | undefined {
  const config = join(ROOT, 'build', 'config.gypi');
  const nodedir = existsSync(config) ? /"nodedir": "(.*)"/.exec(readFileSync(config, 'utf8'))?.[1] : undefined;
  const folders = [nodedir, dirname(dirname(process.execPath))].filter((each) => each !== undefined);
  return folders.map((each) => join(each, 'include', 'node')).find((each) => existsSync(join(each, 'node_api.h')));
}
