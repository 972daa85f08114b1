import { invalidValue } from './errors.js';
import { formatList } from './validators.js';
import { environment } from './environment.js';

/** The unit in which stores become durable, finest first; the names are those of libpmem2. */
export type Granularity = 'byte' | 'cache-line' | 'page';

export const granularities: readonly Granularity[] = Object.freeze(['byte', 'cache-line', 'page']);

/** `Durability.method` of the emulation. */
export const EMULATED_METHOD = 'pwrite+fdatasync';

/** The durability that a simulated memory has: the fields of `Durability` of these names. */
export interface Guarantee {
  readonly granularity: Granularity;
  readonly method: string;
  readonly domain: 'cpu-cache' | 'memory-controller' | 'storage';
}

const NEEDS_SYNC =
  'that needs MAP_SYNC: a file of ext4 or xfs on persistent memory mounted with -o dax=always, or a device-dax; probe() tells what is missing';
const NEEDS_EADR =
  'that needs a platform that flushes the CPU caches itself when the power fails (eADR: persistence_domain cpu_cache on every region under the file)';

/** The missing part, by [accepted granularity][real granularity]; undefined: nothing is missing. */
const refusals: Readonly<Record<Granularity, Readonly<Record<Granularity, string | undefined>>>> = {
  byte: { byte: undefined, 'cache-line': NEEDS_EADR, page: `${NEEDS_SYNC}; and then ${NEEDS_EADR}` },
  'cache-line': { byte: undefined, 'cache-line': undefined, page: NEEDS_SYNC },
  page: { byte: undefined, 'cache-line': undefined, page: undefined },
};

/**
 * The missing part if a call accepts `accepted` at most and gets `real`. undefined: nothing is missing; finer is always
 * accepted.
 */
export function missingFor(accepted: Granularity, real: Granularity): string | undefined {
  return refusals[accepted][real];
}

/**
 * The granularity that MAPDIRECT_FORCE_GRANULARITY forces: for tests, and for memory in place of persistent memory.
 * undefined: the variable is not set.
 *
 * @throws ERR_INVALID_ARG_VALUE for any other word.
 */
export function parseForced(word: string | undefined): Granularity | undefined {
  if (word === undefined || word === '') return undefined;
  const found = granularities.find((name) => name === word);
  if (found === undefined)
    throw invalidValue('MAPDIRECT_FORCE_GRANULARITY', `must be ${formatList(granularities)}`, word);
  return found;
}

let forced: { readonly granularity: Granularity | undefined } | undefined;

/** {@link parseForced} of the environment, which is read once. */
export function forcedGranularity(): Granularity | undefined {
  forced ??= { granularity: parseForced(environment['MAPDIRECT_FORCE_GRANULARITY']) };
  return forced.granularity;
}
