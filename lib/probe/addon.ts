import type { Addon } from '../backend/native/addon.js';
import { loadAddon } from '../backend/native/load.js';
import { backendOfEnvironment } from '../backend/select.js';
import type { Answer } from './types.js';

export type Unknown = Answer & { readonly answer: 'unknown' };

/** The addon, or the answer to every question that needs it. */
export type AskedAddon = { readonly addon: Addon } | { readonly unknown: Unknown };

/** @throws the errors of loadAddon() and backendOfEnvironment(). */
export function addonToAsk(): AskedAddon {
  if (backendOfEnvironment() === 'emulated') {
    return {
      unknown: {
        answer: 'unknown',
        reason: 'MAPDIRECT_BACKEND=emulated: the kernel is not asked.',
        remedy: 'Unset MAPDIRECT_BACKEND.',
      },
    };
  }
  const loaded = loadAddon();
  if ('addon' in loaded) return loaded;
  return { unknown: { answer: 'unknown', reason: loaded.reason, remedy: loaded.remedy } };
}
