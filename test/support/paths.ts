import { join } from 'node:path';

/** The checkout. This file is compiled to dist/test/support/paths.js. */
export const ROOT = join(__dirname, '..', '..', '..');
/** The compiled package and tests. */
export const DIST = join(ROOT, 'dist');
/** The compiled programs that tests run as child processes or workers. */
export const CHILDREN = join(DIST, 'test', 'process', 'children');
/** The command line program. */
export const CLI = join(DIST, 'lib', 'cli', 'main.js');
/** The addon that `npm run build:native` makes. */
export const ADDON = join(ROOT, 'build', 'Release', 'mapdirect.node');
/** Sources of tests that are not TypeScript: C and Python. */
export const TEST_SOURCES = join(ROOT, 'test');
