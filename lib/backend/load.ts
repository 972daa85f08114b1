import { join } from 'node:path';
import nodeGypBuild = require('node-gyp-build');
import { backendUnavailable } from '../errors.js';
import type { Addon } from './addon.js';

/** The addon, or why there is none. */
export type Loaded = { readonly addon: Addon } | { readonly reason: string };

// From dist/lib/backend to the package's own folder.
const PACKAGE_ROOT = join(__dirname, '..', '..', '..');

let loaded: Loaded | undefined;

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('No native build was found');
}

function load(): Loaded {
  if (process.platform !== 'linux') {
    return { reason: `There is no native backend for ${process.platform}; it needs Linux on x86_64 or arm64.` };
  }
  let addon: Addon;
  try {
    addon = nodeGypBuild<Addon>(PACKAGE_ROOT);
  } catch (error) {
    if (isMissing(error)) {
      return {
        reason:
          `No native binary for ${process.platform}-${process.arch} was found: it was neither shipped nor built. ` +
          'Run "npm rebuild mapdirect --foreground-scripts" with a C++17 compiler, make and python3 installed.',
      };
    }
    // A binary that is there and does not load is a fault to mend, not a reason to go on slowly.
    throw backendUnavailable(
      'The native binary of mapdirect is there but does not load. Run "npm rebuild mapdirect --foreground-scripts", or set ' +
        `MAPDIRECT_BACKEND=emulated to go on without it. ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
  if (typeof addon.map !== 'function') {
    return { reason: `There is no native backend for ${process.platform}-${process.arch}; it needs x86_64 or arm64.` };
  }
  return { addon };
}

/**
 * Loads the addon once: from build/Release, else from prebuilds/.
 *
 * @throws ERR_BACKEND_UNAVAILABLE with the load error as `cause`, when a binary is there and does not load.
 */
export function loadAddon(): Loaded {
  return (loaded ??= load());
}
