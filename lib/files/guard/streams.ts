import type { Call } from './patch.js';

interface StreamOptions {
  fd?: unknown;
  fs?: unknown;
}

function optionsOf(options: unknown): StreamOptions | undefined {
  if (options === undefined || options === null) return {};
  if (typeof options === 'string') return { encoding: options } as StreamOptions;
  return typeof options === 'object' ? options : undefined;
}

/**
 * createWriteStream() of an object that is not node:fs itself: the stream is to write through that object. (Streams of node:fs do
 * so already, those of a FileHandle write through the handle.)
 */
export function streamWraps(fs: object): Record<'createWriteStream', (original: Call) => Call> {
  return {
    createWriteStream: (original) =>
      function (path, options) {
        const given = optionsOf(options);
        const through = given === undefined || given.fs !== undefined || typeof given.fd === 'object' ? options : { ...given, fs };
        return Reflect.apply(original, this, [path, through]);
      },
  };
}
