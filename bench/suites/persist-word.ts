import fs from 'node:fs';
import path from 'node:path';
import { atMost, type Benchmark, budgets, limitedBy } from '../benchmark.js';
import { CACHE_LINE } from '../granularity.js';
import { fileLength, formatLayout, layout } from '../layout.js';
import { nodeTrial } from '../node-trial.js';
import { BARE_CALL, bareCall } from '../rivals/c/bare-call.js';
import { PMEM2, pmem2Rival } from '../rivals/c/pmem2.js';

const words = layout(8, 512, 500);
const file = (directory: string): string => path.join(directory, 'words');
const args = (directory: string): string[] => [file(directory), formatLayout(words)];

/** The word that makes a record valid: one store of 8 bytes, durable on return. */
export const persistWord: Benchmark = {
  name: 'persistWord',
  description: [
    'A word of 8 bytes is stored and made durable, in 512 blocks that share no set of the cache.',
    'Ours: mapping.persistWord(offset, number), with its checks. libpmem2: a store, and the pmem2 persist function.',
    'bare call: a function in C that gets no argument, checks nothing and does the same. No call can be less.',
  ],
  figures: { word: { title: '8 B', unit: 'ns' } },
  medium: 'memory',
  budgets: budgets(9, 8, 3, 2),
  trials: [
    pmem2Rival('persist_word.c', args),
    nodeTrial({ name: 'mapdirect', role: 'ours', script: 'persist-word', args, environment: CACHE_LINE }),
    bareCall((directory) => [file(directory), 'word', formatLayout(words)]),
  ],
  targets: [limitedBy(BARE_CALL, atMost(1.05, 'word', PMEM2, 'a word'))],
  prepare: (directory) => fs.writeFileSync(file(directory), Buffer.alloc(fileLength([words]), 1)),
};
