/**
 * The state of one thread. All copies of the package in the thread share it, because they must agree on the open and
 * the sealed files. It is on globalThis under a versioned symbol, and it holds data only. A change of the shape of any
 * part needs a new version.
 */
const KEY = Symbol.for('mapdirect.registry.5');

const shared = globalThis as { [KEY]?: Map<string, unknown> };
const parts = (shared[KEY] ??= new Map());

/**
 * One part of that state. The file that owns the part gives its name and its type.
 *
 * @param create - makes the first value; only the first copy of the package calls it.
 */
export function registryPart<T>(name: string, create: () => T): T {
  if (!parts.has(name)) parts.set(name, create());
  return parts.get(name) as T;
}
