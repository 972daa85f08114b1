import { types } from 'node:util';

// Objects of another realm (node:vm, jest-environment-jsdom) or of another library are not instances of the classes of
// this realm. So these functions test for properties, as node:fs does.

/**
 * A URL by the test of node:fs: an object with `href` and `protocol`. The result of the legacy url.parse() is not one.
 */
export function isUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false;
  const { href, protocol, auth, path } = value as Partial<Record<'href' | 'protocol' | 'auth' | 'path', unknown>>;
  return Boolean(href) && Boolean(protocol) && auth === undefined && path === undefined;
}

/** A Uint8Array of any realm; a Buffer is one. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return types.isUint8Array(value);
}

/** An object of any class with the members of AbortSignal that are used here. node:fs tests for `aborted` alone. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null || !('aborted' in value)) return false;
  const { addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  return typeof addEventListener === 'function' && typeof removeEventListener === 'function';
}
