import { closestMatch } from './closest-match.js';
import { invalidType, invalidValue } from './errors.js';
import { formatList } from './validators.js';

/**
 * The end of a prototype chain: Object.prototype of some realm, as a rule. Any loaded code can have added properties to
 * it.
 */
function isRoot(object: object): boolean {
  return Object.getPrototypeOf(object) === null;
}

/** An own property, or one of the object's class. A property of Object.prototype does not count. */
function has(options: object, name: string): boolean {
  if (Object.hasOwn(options, name)) return true;
  for (
    let at = Object.getPrototypeOf(options) as object | null;
    at !== null && !isRoot(at);
    at = Object.getPrototypeOf(at) as object | null
  ) {
    if (Object.hasOwn(at, name)) return true;
  }
  return false;
}

function unknownOption(key: string, known: readonly string[], otherNames: Readonly<Record<string, string>>): string {
  const hint = Object.hasOwn(otherNames, key) ? otherNames[key] : undefined;
  if (hint !== undefined) return `has no option '${key}': ${hint}`;
  const near = closestMatch(key, known);
  if (near !== undefined) return `has no option '${key}' (did you mean '${near}'?)`;
  return `has no option '${key}'; it takes ${formatList(known)}`;
}

/**
 * Copies an options object into a new one that inherits nothing. `undefined` gives an empty object.
 *
 * @param otherNames - Names that other packages use for these options, each with the hint to show.
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for an unknown key.
 */
export function checkOptions<O extends object>(
  options: unknown,
  name: string,
  known: readonly (keyof O & string)[],
  otherNames: Readonly<Record<string, string>> = {},
): Partial<O> {
  const given = Object.create(null) as Partial<O>;
  if (options === undefined) return given;
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalidType(name, 'an object', options);
  for (const key of Object.keys(options)) {
    if (!(known as readonly string[]).includes(key))
      throw invalidValue(name, unknownOption(key, known, otherNames), key);
  }
  for (const key of known) if (has(options, key)) given[key] = (options as O)[key];
  return given;
}

/**
 * Options of mapAsync() and sealAsync() in two parts: those of the call off the main thread (unchecked), and the rest.
 */
export interface SplitOptions<O> {
  readonly signal: unknown;
  readonly onProgress: unknown;
  /** The options of the synchronous call, unchecked. */
  readonly rest: O;
}

/**
 * Splits options of an asynchronous call; `known` and `otherNames` are those of the synchronous one.
 *
 * @throws as {@link checkOptions}.
 */
export function splitAsyncOptions<O extends object>(
  options: unknown,
  known: readonly (keyof O & string)[],
  otherNames: Readonly<Record<string, string>> = {},
): SplitOptions<Partial<O>> {
  type Given = O & { signal?: unknown; onProgress?: unknown };
  const all = [...known, 'signal', 'onProgress'] as readonly (keyof Given & string)[];
  const { signal, onProgress, ...rest } = checkOptions<Given>(options, 'options', all, otherNames) as Given;
  return { signal, onProgress, rest: rest as unknown as Partial<O> };
}
