import type { Engine } from './engine.js';

/** All stores, as they were logged. */
export const noReorderDoCheck: Engine = { checks: true, sequences: (stores) => [stores] };

/** The same, and nothing is checked: for parts of a program that are not under test. */
export const noReorderNoCheck: Engine = { checks: false, sequences: (stores) => [stores] };
