import { optionsOf } from './calls.js';
import type { Call } from './patch.js';

interface StreamOptions {
  fd?: unknown;
  fs?: unknown;
}

/**
 * createWriteStream() of an object that is not node:fs itself: the stream is to write through that object. (Streams of node:fs do
 * so already, those of a FileHandle write through the handle.)
 */
export function streamWraps(fs: object): Record<'createWriteStream', (original: Call) => Call> {
  return {
    createWriteStream: (original) =>
      function (path, options) {
        const given = optionsOf<StreamOptions>(options);
        const through = given === undefined || given.fs !== undefined || typeof given.fd === 'object' ? options : { ...given, fs };
        return Reflect.apply(original, this, [path, through]);
      },
  };
}
