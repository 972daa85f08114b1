import { createRequire } from 'node:module';
import type { Addon } from './addon.js';
import { findBinary, type FoundBinary } from './find-binary.js';
import { faultOf } from './binary-file.js';
import { lackingExport } from './exports.js';
import { damaged, notFoundOut, notLoaded, stale } from './load-failure.js';
import { buildRemedy } from '../remedy.js';

/** The addon; or the reason that it is missing and the remedy, one sentence each. */
export type AddonLookup = { readonly addon: Addon } | { readonly reason: string; readonly remedy: string };

const SUPPORTED = 'It needs Linux on x86_64 or arm64.';

let loaded: AddonLookup | undefined;

/** Asks the files of the package. */
function look<Answer>(question: () => Answer): Answer {
  try {
    return question();
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

function open(found: FoundBinary): AddonLookup {
  const { binary } = found;
  const fault = look(() => faultOf(binary));
  if (fault !== undefined) throw damaged(fault, found);
  let addon: Addon;
  try {
    addon = createRequire(binary)(binary) as Addon;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_DLOPEN_DISABLED') return FORBIDDEN;
    throw notLoaded(error, found);
  }
  // A binary for another system or CPU exports no functions.
  if (typeof addon.map !== 'function')
    return { reason: `There is no native backend for ${process.platform}-${process.arch}.`, remedy: SUPPORTED };
  const lacking = lackingExport(addon);
  if (lacking !== undefined) throw stale(lacking, found);
  return { addon };
}

function load(): AddonLookup {
  if (process.platform !== 'linux')
    return { reason: `There is no native backend for ${process.platform}.`, remedy: SUPPORTED };
  const found = look(findBinary);
  if (found === 'bundled') return BUNDLED;
  return 'binary' in found ? open(found) : missing(found.root);
}

/**
 * Loads the addon at the first call, and not before: an import of the package, and the emulation, need no permission to
 * load addons. The result is remembered. An error is not: the next call searches again.
 *
 * @throws EMFILE, ENFILE, ENOMEM: the process has too few resources for the search. ERR_BACKEND_UNAVAILABLE with the
 *   error as `cause`: the search failed, or a binary exists and does not load.
 */
export function loadAddon(): AddonLookup {
  return (loaded ??= load());
}
