import { optionsOf } from './call-forms.js';
import type { FsFunction } from './patch.js';

interface StreamOptions {
  fd?: unknown;
  fs?: unknown;
}

/** The functions that a stream of node:fs needs in its option `fs`. */
const NEEDS = { createReadStream: ['open', 'read', 'close'], createWriteStream: ['open', 'write', 'close'] } as const;

/**
 * Streams of an object that is not node:fs itself: they shall open, read and write through that object. (Streams of
 * node:fs do so already, and streams of a FileHandle use the handle.)
 */
export function streamWraps(fs: object): Record<keyof typeof NEEDS, (original: FsFunction) => FsFunction> {
  const throughFs =
    (needs: readonly string[]) =>
    (original: FsFunction): FsFunction => {
      const suits = needs.every((name) => typeof Reflect.get(fs, name) === 'function');
      return function (path, options) {
        const given = suits ? optionsOf<StreamOptions>(options) : undefined;
        const through =
          given === undefined || given.fs !== undefined || typeof given.fd === 'object' ? options : { ...given, fs };
        return Reflect.apply(original, this, [path, through]);
      };
    };
  return { createReadStream: throughFs(NEEDS.createReadStream), createWriteStream: throughFs(NEEDS.createWriteStream) };
}
