import { isAbortSignal } from './foreign.js';
import { invalidType, invalidValue } from './errors.js';

/** "'a', 'b' or 'c'" */
export function formatList(words: readonly string[]): string {
  const quoted = words.map((word) => `'${word}'`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The known word that was probably meant. */
export function closestMatch(word: string, known: readonly string[]): string | undefined {
  const near = known.map((name) => ({ name, far: distance(word.toLowerCase(), name.toLowerCase()) }));
  const best = near.sort((a, b) => a.far - b.far)[0];
  return best !== undefined && best.far <= Math.max(2, word.length / 3) ? best.name : undefined;
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE unless `value` is one of `words`. */
export function checkOneOf<W extends string>(value: unknown, name: string, words: readonly W[]): W {
  if (typeof value !== 'string') throw invalidType(name, `one of ${formatList(words)}`, value);
  const found = words.find((word) => word === value);
  if (found === undefined) throw invalidValue(name, `must be ${formatList(words)}`, value);
  return found;
}

/** Where a chain of prototypes ends: Object.prototype of some realm, as a rule. Whatever code is loaded can have put something there. */
function isRoot(object: object): boolean {
  return Object.getPrototypeOf(object) === null;
}

/** Of its own, or of its class; what every object inherits does not count. */
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

function unknownOption(key: string, known: readonly string[], others: Readonly<Record<string, string>>): string {
  const hint = Object.hasOwn(others, key) ? others[key] : undefined;
  if (hint !== undefined) return `has no option '${key}': ${hint}`;
  const near = closestMatch(key, known);
  if (near !== undefined) return `has no option '${key}' (did you mean '${near}'?)`;
  return `has no option '${key}'; it takes ${formatList(known)}`;
}

/**
 * The options object with every key known, as an object of its own that inherits nothing; `undefined` gives an empty one.
 *
 * @param others - Names that other packages have for such options, and what is the right word here.
 */
export function checkOptions<O extends object>(
  options: unknown,
  name: string,
  known: readonly (keyof O & string)[],
  others: Readonly<Record<string, string>> = {},
): Partial<O> {
  const given = Object.create(null) as Partial<O>;
  if (options === undefined) return given;
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalidType(name, 'an object', options);
  for (const key of Object.keys(options)) {
    if (!(known as readonly string[]).includes(key)) throw invalidValue(name, unknownOption(key, known, others), key);
  }
  for (const key of known) if (has(options, key)) given[key] = (options as O)[key];
  return given;
}

/** true or false, and nothing that merely looks like it. */
export function checkFlag(value: unknown, name: string, fallback = false): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw invalidType(name, 'of type boolean', value);
  return value;
}

/** @throws ERR_INVALID_ARG_TYPE unless it is undefined or an AbortSignal. */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal !== undefined && !isAbortSignal(signal)) throw invalidType('options.signal', 'an AbortSignal', signal);
}

/** As its throwIfAborted(), which AbortSignals of other libraries may not have. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw (
      signal.reason ?? Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' })
    );
}
