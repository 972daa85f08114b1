import { types } from 'node:util';

// Objects of another realm (node:vm, jest-environment-jsdom) or of another library are no instances of this realm's classes.
// node:fs looks at what they have, and so do the tests here.

/** As node:fs tests for it: an object with `href` and `protocol`; what the old url.parse() makes is none. */
export function isUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false;
  const { href, protocol, auth, path } = value as Partial<Record<'href' | 'protocol' | 'auth' | 'path', unknown>>;
  return Boolean(href) && Boolean(protocol) && auth === undefined && path === undefined;
}

/** A Uint8Array of any realm; a Buffer is one. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return types.isUint8Array(value);
}

/** What is used of an AbortSignal is there, whatever class it is of: node:fs looks at `aborted` alone. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null || !('aborted' in value)) return false;
  const { addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  return typeof addEventListener === 'function' && typeof removeEventListener === 'function';
}
