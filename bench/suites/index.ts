import type { Benchmark } from '../benchmark.js';
import { liveMappings } from './live-mappings.js';
import { mappedAgainstHeap } from './mapped-against-heap.js';
import { openLarge } from './open-large.js';
import { openSmall } from './open-small.js';

/** Every benchmark, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [openSmall, openLarge, liveMappings, mappedAgainstHeap];
