/**
 * State of one thread that all copies of the package in it share: they must agree on which files are open and which are
 * sealed. It hangs on globalThis under a versioned symbol and holds data only: a change of the shape of any part is a new version.
 */
const KEY = Symbol.for('mapdirect.registry.4');

const shared = globalThis as { [KEY]?: Map<string, unknown> };
const parts = (shared[KEY] ??= new Map());

/**
 * One part of that state. The file that owns the part names it and gives its type.
 *
 * @param create - its value at the start, for the first copy of the package that asks.
 */
export function registryPart<T>(name: string, create: () => T): T {
  if (!parts.has(name)) parts.set(name, create());
  return parts.get(name) as T;
}
