import { constants as fsConstants } from 'node:fs';
import { resolve } from 'node:path';
import type { CodedError } from './errors.js';

const { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fsConstants;
const ACCESS_MODE = O_RDONLY | O_WRONLY | O_RDWR;

interface Permission {
  has(scope: string, path: string): boolean;
}

const rights = {
  read: { scope: 'fs.read', permission: 'FileSystemRead', option: '--allow-fs-read' },
  write: { scope: 'fs.write', permission: 'FileSystemWrite', option: '--allow-fs-write' },
} as const;

/** The rights that node:fs demands for an open(2) with these flags. */
function needed(flags: number): ReadonlyArray<keyof typeof rights> {
  const access = flags & ACCESS_MODE;
  const writes = access !== O_RDONLY || (flags & (O_APPEND | O_CREAT | O_TRUNC)) !== 0;
  if (!writes) return ['read'];
  return access === O_WRONLY ? ['write'] : ['read', 'write'];
}

function firstMissing(path: string, flags: number): keyof typeof rights | undefined {
  if (!Object.hasOwn(process, 'permission')) return undefined; // Node runs without --permission
  const { permission } = process as unknown as { permission: Permission };
  const absolute = resolve(path);
  return needed(flags).find((right) => !permission.has(rights[right].scope, absolute));
}

/** True if the permission model of Node allows an open(2) of the path with these flags. */
export function isPermitted(path: string, flags: number): boolean {
  return firstMissing(path, flags) === undefined;
}

/**
 * Checks an open(2) of the addon against the permission model of Node. The addon opens files without node:fs, so Node
 * does not check them.
 *
 * @throws ERR_ACCESS_DENIED, with the fields that the error of node:fs has.
 */
export function checkPermission(path: string, flags: number): void {
  const missing = firstMissing(path, flags);
  if (missing === undefined) return;
  const { permission, option } = rights[missing];
  const error: CodedError = Object.assign(
    new Error(`Access to this API has been restricted. Use ${option} to manage permissions.`),
    {
      code: 'ERR_ACCESS_DENIED',
      permission,
      resource: resolve(path),
    },
  );
  throw error;
}
