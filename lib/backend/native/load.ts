import { createRequire } from 'node:module';
import type { Addon } from './addon.js';
import { findBinary, type BinaryLocation } from './find-binary.js';
import { notFoundOut, notLoaded } from './load-failure.js';
import { buildRemedy } from '../remedy.js';

/** The addon, or why there is none and what to do about it, a sentence each. */
export type AddonLookup = { readonly addon: Addon } | { readonly reason: string; readonly remedy: string };

const SUPPORTED = 'It needs Linux on x86_64 or arm64.';

let loaded: AddonLookup | undefined;

function look(): BinaryLocation {
  try {
    return findBinary();
  } catch (error) {
    throw notFoundOut(error);
  }
}

const BUNDLED: AddonLookup = {
  reason: 'This copy of mapdirect is part of a bundle, and a bundle has no native binary.',
  remedy:
    'Leave the package out of the bundle, and ship node_modules/mapdirect with it: --external:mapdirect (esbuild), externals (webpack), ' +
    'external (Rollup), ssr.external (Vite).',
};

const FORBIDDEN: AddonLookup = {
  reason: 'This process may not load addons (--no-addons, or the permission model).',
  remedy: 'Start node without --no-addons; with --permission, pass --allow-addons too.',
};

function missing(root: string): AddonLookup {
  const reason = `No native binary for ${process.platform}-${process.arch} was found: it was neither shipped nor built.`;
  return { reason, remedy: buildRemedy(root) };
}

function open(binary: string, root: string): AddonLookup {
  let addon: Addon;
  try {
    addon = createRequire(binary)(binary) as Addon;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_DLOPEN_DISABLED') return FORBIDDEN;
    throw notLoaded(error, root);
  }
  // What is compiled for another system or CPU exports nothing.
  return typeof addon.map === 'function'
    ? { addon }
    : { reason: `There is no native backend for ${process.platform}-${process.arch}.`, remedy: SUPPORTED };
}

function load(): AddonLookup {
  if (process.platform !== 'linux')
    return { reason: `There is no native backend for ${process.platform}.`, remedy: SUPPORTED };
  const found = look();
  if (found === 'bundled') return BUNDLED;
  return found.binary === undefined ? missing(found.root) : open(found.binary, found.root);
}

/**
 * Loads the addon, at the first call and not before: who asks for the emulation, or only imports the package, needs no right to load
 * addons. What was found is remembered, an error is not: the next call looks again.
 *
 * @throws EMFILE, ENFILE, ENOMEM when the process has too little left to look. ERR_BACKEND_UNAVAILABLE with the error as `cause`, when
 *   it cannot be told whether a binary is there, or one is there and does not load.
 */
export function loadAddon(): AddonLookup {
  return (loaded ??= load());
}
