import { backendUnavailable, invalidValue } from '../core/errors.js';
import type { Backend } from './backend.js';
import { emulatedBackend } from './emulated/backend.js';
import { loadAddon } from './native/load.js';
import { nativeBackend } from './native/backend.js';
import { environment } from '../core/environment.js';

export type BackendName = 'auto' | 'native' | 'emulated';

const made: { native?: Backend; emulated?: Backend } = {};
let warned = false;

function native(): Backend | string {
  if (made.native !== undefined) return made.native;
  const loaded = loadAddon();
  if ('reason' in loaded) return `${loaded.reason} ${loaded.remedy}`;
  return (made.native = nativeBackend(loaded.addon));
}

function warnOnce(reason: string): void {
  if (warned || process.platform !== 'linux') return;
  warned = true;
  process.emitWarning(
    `mapdirect runs on its emulation. ${reason} What is lost: stores reach the file only at persist(), close() and a normal exit, ` +
      'other processes do not see them before, nothing is larger than 1 GiB, and there is no MAP_SYNC.',
    { type: 'MapdirectWarning', code: 'MAPDIRECT_EMULATED' },
  );
}

// Read once: an access to process.env costs as much as a system call.
let byEnvironment: BackendName | undefined;

/** MAPDIRECT_BACKEND, read now. @throws ERR_INVALID_ARG_VALUE for any other word. */
export function backendOfEnvironment(): BackendName {
  const word = environment['MAPDIRECT_BACKEND'];
  if (word === undefined || word === '' || word === 'auto') return 'auto';
  if (word === 'native' || word === 'emulated') return word;
  throw invalidValue('MAPDIRECT_BACKEND', "must be 'auto', 'native' or 'emulated'", word);
}

/**
 * The backend for one mapping: the one that the call names, else the one that MAPDIRECT_BACKEND names, else the native
 * one if its addon exists, else the emulation with one process warning (code MAPDIRECT_EMULATED).
 *
 * @throws ERR_BACKEND_UNAVAILABLE when the native one was asked for and is not there; for 'auto' too when it is there
 *   and does not load, or when that cannot be told (EMFILE and ENFILE have their own code).
 */
export function selectBackend(name: BackendName): Backend {
  const wanted = name === 'auto' ? (byEnvironment ??= backendOfEnvironment()) : name;
  if (wanted === 'emulated') {
    return (made.emulated ??= emulatedBackend([
      "The emulation was asked for (backend: 'emulated' or MAPDIRECT_BACKEND).",
    ]));
  }
  const found = native();
  if (typeof found !== 'string') return found;
  if (wanted === 'native') {
    throw backendUnavailable(`The native backend of mapdirect is not available. ${found}`, new Error(found));
  }
  warnOnce(found);
  return (made.emulated ??= emulatedBackend([found]));
}
