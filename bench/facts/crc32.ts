import zlib from 'node:zlib';

/** The reason why zlib.crc32() cannot be called here; undefined: it can. */
export function missingCrc32(): string | undefined {
  return typeof zlib.crc32 === 'function' ? undefined : 'no zlib.crc32: Node 20.15 or newer';
}
