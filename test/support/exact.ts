import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ADDON } from './paths.js';
import { skipUnless } from './skip.js';

/** For tests of trace: 'exact'. */
export const exact = skipUnless(
  process.platform === 'linux' && process.arch === 'x64',
  'only x86_64 has the trap flag',
  'run the tests on Linux on x86_64',
).andUnless(
  existsSync(join(dirname(ADDON), 'mapdirect_trace.node')),
  'the tracer is not built',
  'npm run build:native',
);
