import { invalidType, invalidValue } from './errors.js';

/** "'a', 'b' or 'c'" */
export function listed(words: readonly string[]): string {
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
export function meant(word: string, known: readonly string[]): string | undefined {
  const near = known.map((name) => ({ name, far: distance(word.toLowerCase(), name.toLowerCase()) }));
  const best = near.sort((a, b) => a.far - b.far)[0];
  return best !== undefined && best.far <= Math.max(2, word.length / 3) ? best.name : undefined;
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE unless `value` is one of `words`. */
export function checkWord<W extends string>(value: unknown, name: string, words: readonly W[]): W {
  if (typeof value !== 'string') throw invalidType(name, `one of ${listed(words)}`, value);
  const found = words.find((word) => word === value);
  if (found === undefined) throw invalidValue(name, `must be ${listed(words)}`, value);
  return found;
}

/** The options object with every key known; `undefined` gives an empty one. */
export function checkOptions<O extends object>(options: unknown, name: string, known: readonly (keyof O & string)[]): Partial<O> {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw invalidType(name, 'an object', options);
  for (const key of Object.keys(options)) {
    if ((known as readonly string[]).includes(key)) continue;
    const hint = meant(key, known);
    const right = hint === undefined ? `has the options ${listed(known)}` : `has no option '${key}'; did you mean '${hint}'?`;
    throw invalidValue(name, right, key);
  }
  return options;
}
