import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { npmRivals } from '../../paths.js';

/** The packages of bench/rivals/npm/package.json. */
export const rivalNames = [
  'mmap-io',
  '@riaskov/mmap-io',
  'better-sqlite3',
  'lmdb',
  'classic-level',
  'fs-native-extensions',
] as const;
export type RivalName = (typeof rivalNames)[number];

// Resolve from the folder itself: a copy elsewhere on the module path may have another version than its package.json.
const requireRival = createRequire(path.join(npmRivals, 'package.json'));

/** The rival's main file; undefined if it is not installed in bench/rivals/npm. */
export function resolveRival(name: RivalName): string | undefined {
  try {
    return requireRival.resolve(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** E.g. "1.4.3"; undefined if it is not installed. */
export function rivalVersion(name: RivalName): string | undefined {
  // Read the file, because lmdb does not export its package.json.
  const file = path.join(npmRivals, 'node_modules', name, 'package.json');
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version : undefined;
}

/** The exports of the rival. @throws the error of require() if it is not installed. */
export function loadRival(name: RivalName): unknown {
  return requireRival(name);
}
