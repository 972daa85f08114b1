import { reorderAccumulative } from './accumulative.js';
import type { Engine } from './engine.js';

/** None, the last store, the last two, and so on, the newest first. */
export const reorderReverseAccumulative: Engine = {
  checks: true,
  sequences: (stores) => reorderAccumulative.sequences(stores.toReversed()),
};
