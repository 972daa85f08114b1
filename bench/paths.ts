import path from 'node:path';

/** The checkout; this file runs as dist/bench/paths.js. */
export const root = path.resolve(__dirname, '..', '..');

/** Sources of the C rivals: they are compiled where they are used, never shipped. */
export const cSources = path.join(root, 'bench', 'rivals', 'c');

/** Sources of the Java rivals. */
export const javaSources = path.join(root, 'bench', 'rivals', 'java');

/** Where the npm rivals are looked for; see its package.json. */
export const npmRivals = path.join(root, 'bench', 'rivals', 'npm');

/** Compiled C rivals; under node_modules, so that neither git nor npm pack sees them. */
export const compiledRivals = path.join(root, 'node_modules', '.cache', 'mapdirect-bench');

/** What is measured: the built package, as users get it. */
export const builtLibrary = path.join(root, 'dist', 'lib', 'index.js');

/** Compiled trial scripts. */
export const trials = path.join(__dirname, 'trials');

/**
 * Memory that stands in for pmem, and that no disk slows down. A run makes its own directory below it.
 */
export const sharedMemory = '/dev/shm';
