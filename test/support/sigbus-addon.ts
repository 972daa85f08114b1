import { join } from 'node:path';
import { compile } from './compile.js';
import { nodeHeaders } from './node-headers.js';
import { TEST_SOURCES } from './paths.js';

/** Another package's handler of SIGBUS: see test/faults/sigbus_addon.c. */
export interface SigbusAddon {
  foreignFault(): number;
  install(chain: 0 | 1, mask?: number): number;
  handled(): number;
  alternateStack(): number;
}

/**
 * Compiles it to `program`.
 *
 * @returns the reason, with the remedy, why that is impossible here; undefined: it is done.
 */
export function compileSigbusAddon(program: string): string | undefined {
  if (process.platform !== 'linux') return 'only Linux has this: run the tests on Linux';
  const headers = nodeHeaders();
  if (headers === undefined) return 'the headers of Node.js are missing: npm run build:native downloads them';
  const source = join(TEST_SOURCES, 'faults', 'sigbus_addon.c');
  const flags = [
    '-shared',
    '-fPIC',
    '-O1',
    '-Wall',
    '-Werror',
    '-D_GNU_SOURCE',
    '-DNAPI_VERSION=8',
    '-isystem',
    headers,
  ];
  return compile('c', [...flags, '-o', program, source]);
}

/** Loads it in this process. */
export function loadSigbusAddon(program: string): SigbusAddon {
  const module = { exports: {} };
  process.dlopen(module, program);
  return module.exports as SigbusAddon;
}
