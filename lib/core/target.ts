import { fileURLToPath } from 'node:url';
import { invalidType, invalidValue } from './errors.js';
import { isUrl } from './foreign.js';
import { checkDescriptorOrClosed, checkNoNullByte } from './validators.js';

/** The file to map: a path, a file: URL, a file descriptor, or a FileHandle of fs/promises. */
export type Target = string | URL | number | { readonly fd: number };

/** A checked target. It has exactly one of the two fields. */
export interface ParsedTarget {
  path?: string;
  fd?: number;
}

function checkTargetPath(path: string): string {
  if (path === '') throw invalidValue('target', 'must be a path, not an empty string', path);
  checkNoNullByte(path, 'target');
  return path;
}

/** @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; the error of Node for a URL that is not of a file. */
export function parseTarget(target: unknown): ParsedTarget {
  if (typeof target === 'string') return { path: checkTargetPath(target) };
  if (isUrl(target)) return { path: checkTargetPath(fileURLToPath(target)) };
  const fd = typeof target === 'object' && target !== null ? (target as { fd?: unknown }).fd : target;
  if (typeof fd !== 'number')
    throw invalidType('target', 'a path (string or file: URL), a file descriptor or a FileHandle', target);
  checkDescriptorOrClosed(fd, 'target');
  return { fd };
}

/** An open file: a descriptor, or a FileHandle. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. */
export function checkOpenFile(file: unknown): number {
  const fd = typeof file === 'object' && file !== null ? (file as { fd?: unknown }).fd : file;
  if (typeof fd !== 'number') throw invalidType('file', 'a file descriptor or a FileHandle', file);
  checkDescriptorOrClosed(fd, 'file');
  return fd;
}
