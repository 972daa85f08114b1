import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { npmRivals } from '../../paths.js';

/** The packages of bench/rivals/npm/package.json. */
export const rivalNames = ['mmap-io', '@riaskov/mmap-io', 'better-sqlite3', 'lmdb'] as const;
export type RivalName = (typeof rivalNames)[number];

// From the folder itself: a copy elsewhere on the module path is not what bench/rivals/npm/package.json names.
const requireRival = createRequire(path.join(npmRivals, 'package.json'));

/** The rival's main file; undefined when it is not installed in bench/rivals/npm. */
export function resolveRival(name: RivalName): string | undefined {
  try {
    return requireRival.resolve(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** "1.4.3"; undefined when it is not installed. */
export function rivalVersion(name: RivalName): string | undefined {
  // Read, not required: lmdb does not export its package.json.
  const file = path.join(npmRivals, 'node_modules', name, 'package.json');
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version : undefined;
}

/** What the rival exports. @throws what require throws when it is not installed. */
export function loadRival(name: RivalName): unknown {
  return requireRival(name);
}
