import { fileURLToPath } from 'node:url';
import { invalidType, invalidValue } from './errors.js';
import { isUrl } from './foreign.js';

/** What can be mapped: a path, a file URL, a file descriptor, or a FileHandle of fs/promises. */
export type Target = string | URL | number | { readonly fd: number };

/** A target, told apart: exactly one of the two is there. */
export interface ParsedTarget {
  path?: string;
  fd?: number;
}

function checkPath(path: string): string {
  if (path === '') throw invalidValue('target', 'must be a path, not an empty string', path);
  if (path.includes('\0')) throw invalidValue('target', 'must be a path without null bytes', path);
  return path;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; what Node throws for a URL that is not a file. */
export function parseTarget(target: unknown): ParsedTarget {
  if (typeof target === 'string') return { path: checkPath(target) };
  if (isUrl(target)) return { path: checkPath(fileURLToPath(target)) };
  const fd = typeof target === 'object' && target !== null ? (target as { fd?: unknown }).fd : target;
  // A closed FileHandle has fd -1: that passes here, and the system call says EBADF.
  if (typeof fd === 'number' && Number.isInteger(fd) && fd >= -1 && fd <= 0x7fffffff) return { fd };
  if (typeof fd === 'number')
    throw invalidValue('target', 'must be a file descriptor, an integer from 0 to 2147483647', fd);
  throw invalidType('target', 'a path (string or file: URL), a file descriptor or a FileHandle', target);
}
