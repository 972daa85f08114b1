import { parseForced, type Granularity } from '../../lib/core/granularity.js';
import type { BackendUnderTest } from './backends.js';

/** scripts/test.js runs the suites of durability once more with each granularity forced. undefined: none is. */
export const forced: Granularity | undefined = parseForced(process.env['MAPDIRECT_FORCE_GRANULARITY']);
/** Of the temporary directory: the runs in the guest (test/vm) are on DAX and say so. */
const here = parseForced(process.env['MAPDIRECT_TEST_GRANULARITY']) ?? 'page';

/** Files of this run are on DAX, with MAP_SYNC. */
export const onDax = here !== 'page';

/** The granularity of a shared mapping of a file in this run. */
export function expectedGranularity(backend: BackendUnderTest): Granularity {
  return forced ?? (backend === 'native' ? here : 'page');
}
