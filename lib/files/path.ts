import { isAbsolute } from 'node:path';
import { absolutePath } from '../file/directory-entry.js';
import type { SystemError } from '../core/errors.js';
import type { Operation } from '../core/sync-or-async.js';

function absolute(path: string | Buffer): string | Buffer {
  if (typeof path === 'string') return absolutePath(path);
  if (isAbsolute(path.toString('latin1'))) return path;
  return Buffer.concat([Buffer.from(absolutePath('')), path]); // byte for byte: it need not be UTF-8
}

/** The error of an operation names the path as its caller gave it. */
function namedAs(error: unknown, used: string, given: string): unknown {
  const failed = error as Partial<SystemError>;
  if (failed.path !== used) return error;
  failed.path = given;
  failed.message = failed.message?.replaceAll(`'${used}'`, `'${given}'`) ?? '';
  return error;
}

/**
 * Steps on a path as it is meant when they begin: a chdir() between two of them must not lead the second to another file. For an
 * absolute path nothing is done.
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
