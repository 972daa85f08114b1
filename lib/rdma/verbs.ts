import type { Addon } from '../backend/native/addon.js';
import { loadAddon } from '../backend/native/load.js';
import { environment } from '../core/environment.js';
import { RdmaError } from './errors.js';

/** The addon with libibverbs loaded, and the registers. */
export interface Verbs {
  readonly addon: Addon;
  readonly numbers: Float64Array;
  readonly integers: BigUint64Array;
}

const LIBRARY = 'libibverbs.so.1';

let loaded: Verbs | undefined;

function load(): Verbs | string {
  const found = loadAddon();
  if ('reason' in found) return `${found.reason} ${found.remedy}`;
  const { addon } = found;
  const named = environment['MAPDIRECT_VERBS_LIBRARY'];
  const name = named === undefined || named === '' ? LIBRARY : named;
  const result = addon.rdmaLoad(name);
  if (typeof result === 'string')
    return `libibverbs cannot be loaded (${result}). Install rdma-core: libibverbs1 and ibverbs-providers on Debian, libibverbs on Fedora.`;
  const { registers } = addon;
  return (loaded = { addon, numbers: new Float64Array(registers), integers: new BigUint64Array(registers) });
}

/** The library, loaded at the first call; or the reason why there is none, which is asked for again each time. */
export function tryVerbs(): Verbs | string {
  return loaded ?? load();
}

/** @throws ERR_RDMA_UNAVAILABLE. */
export function requireVerbs(): Verbs {
  const found = tryVerbs();
  if (typeof found === 'string') throw new RdmaError('ERR_RDMA_UNAVAILABLE', found);
  return found;
}
