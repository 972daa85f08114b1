import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { advice, type AdviceContext } from './advice-table.js';

const NO_URL = 'a string is a path, also where it looks like a URL; pass new URL(...) for a URL';

/** The code of lstat(2) of a path; undefined: it did not fail. */
function lookupError(path: string): string | undefined {
  try {
    lstatSync(path);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

/** Advice about the path itself, where the name is the reason for the failure and not the file. */
function adviceForPath(syscall: string, code: string, path: string): string | undefined {
  if (code === 'ENOENT' && path.startsWith('file:')) return NO_URL;
  if (syscall !== 'open' || code !== 'EACCES') return undefined;
  const lookup = lookupError(path);
  if (lookup === 'ENOENT')
    return `there is no such file, and no permission to make one in the directory '${dirname(path)}'`;
  return lookup === 'EACCES' ? `no permission to search the directory '${dirname(path)}', or one above it` : undefined;
}

/**
 * The advice for a failed call, if the table has one.
 *
 * @param own - Advice of the caller. It replaces the one of the table, but not the one about the path itself.
 */
export function adviceFor(syscall: string, code: string, path?: string, own?: string): string | undefined {
  const aboutPath = path === undefined ? undefined : adviceForPath(syscall, code, path);
  return aboutPath ?? own ?? advice.general[`${syscall} ${code}`];
}

/** Advice for a failed call that holds in this context only; undefined: the general one holds. */
export function adviceIn(context: AdviceContext, syscall: string, code: string): string | undefined {
  return advice[context][`${syscall} ${code}`];
}
