import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from './compile.js';
import { ADDON, TEST_SOURCES } from './paths.js';

// The addon asks for this function by name. It gets the one of the library below in its place, by a name as long.
const REAL = 'napi_create_external_arraybuffer';
const FAKE = 'fake_create_external_arraybuffer';

/**
 * Makes a runtime that forbids external memory, as Electron is: writes an addon to `addon` that asks for arrays
 * elsewhere, and to `library` the answer (for LD_PRELOAD).
 *
 * @returns the reason, with the remedy, why that is impossible here; undefined: it is done.
 */
export function forbidExternalBuffers(addon: string, library: string): string | undefined {
  const bytes = readFileSync(ADDON);
  const at = bytes.indexOf(`\0${REAL}\0`) + 1;
  if (at === 0) return `the addon does not use ${REAL}: build it without sanitizers`;
  bytes.write(FAKE, at, 'latin1');
  writeFileSync(addon, bytes);
  const source = join(TEST_SOURCES, 'process', 'no_external_buffers.c');
  return compile('c', ['-shared', '-fPIC', '-o', library, source]);
}
