import type { PathLike } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { SystemError } from '../core/errors.js';
import { isUint8Array, isUrl } from '../core/foreign.js';
import type { Operation } from '../core/sync-or-async.js';
import { absolutePath } from '../file/directory-entry.js';

/** A path as errors name it. */
export function pathName(path: PathLike): string {
  if (isUrl(path)) return path.pathname;
  return isUint8Array(path) ? Buffer.from(path).toString() : path;
}

function absolute(path: string | Buffer): string | Buffer {
  if (typeof path === 'string') return absolutePath(path);
  if (isAbsolute(path.toString('latin1'))) return path;
  return Buffer.concat([Buffer.from(absolutePath('')), path]); // byte for byte: a path need not be UTF-8
}

/** Puts the caller's form of the path into the error of an operation. */
function namedAs(error: unknown, used: string, given: string): unknown {
  const failed = error as Partial<SystemError>;
  if (failed.path !== used) return error;
  failed.path = given;
  failed.message = failed.message?.replaceAll(`'${used}'`, `'${given}'`) ?? '';
  return error;
}

/**
 * Runs an operation with the absolute form of a path: after a chdir() between two of its calls, the second one must not
 * reach another file. An absolute path is passed on as it is.
 */
export function* withAbsolutePath<T>(path: string | Buffer, body: (at: string | Buffer) => Operation<T>): Operation<T> {
  const at = absolute(path);
  if (at === path) return yield* body(path);
  try {
    return yield* body(at);
  } catch (error) {
    throw namedAs(error, String(at), String(path));
  }
}
