import path from 'node:path';

/** The folder of the checkout. This file runs as dist/bench/paths.js. */
export const root = path.resolve(__dirname, '..', '..');

/** The sources of the C rivals. They are compiled before use, and are not in the npm package. */
export const cSources = path.join(root, 'bench', 'rivals', 'c');

/** The sources of the Java rivals. */
export const javaSources = path.join(root, 'bench', 'rivals', 'java');

/** The folder of the npm rivals; see its package.json. */
export const npmRivals = path.join(root, 'bench', 'rivals', 'npm');

/** The compiled C rivals: under node_modules, so that git and npm pack ignore them. */
export const compiledRivals = path.join(root, 'node_modules', '.cache', 'mapdirect-bench');

/** The built package, as users get it: the benchmarks measure this. */
export const builtLibrary = path.join(root, 'dist', 'lib', 'index.js');

/** The compiled trial scripts. */
export const trials = path.join(__dirname, 'trials');

/** Memory in place of persistent memory. A run makes its own directory below it. */
export const sharedMemory = '/dev/shm';

/** The last committed report: --report writes it, --compare reads it. */
export const committedReport = path.join(root, 'bench', 'report.json');

/** The document with the table of the last report. */
export const performanceDocument = path.join(root, 'docs', 'performance.md');

/** The pictures of the last report. */
export const pictures = path.join(root, 'docs', 'pictures');
