import type { Engine } from './engine.js';

/** None, the first store, the first two, and so on. */
export const reorderAccumulative: Engine = {
  checks: true,
  *sequences(stores) {
    for (let length = 0; length <= stores.length; length++) yield stores.slice(0, length);
  },
};
