import { parseArgs } from 'node:util';
import { closestMatch } from '../core/closest-match.js';

/** The command line is wrong: main prints the message on stderr and exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type OptionTable = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }>>;

/** What {@link parseArguments} found; only names of the table occur. */
export interface ParsedArguments {
  readonly values: Readonly<Record<string, string | true>>;
  readonly positionals: readonly string[];
}

/** " Did you mean '--json'?", or nothing. */
export function didYouMean(word: string, known: readonly string[], prefix = ''): string {
  const meant = closestMatch(word, known);
  return meant === undefined ? '' : ` Did you mean '${prefix}${meant}'?`;
}

/**
 * Checks `args` against the table.
 *
 * @throws UsageError for an unknown option (with the one that was probably meant), a missing value, a value too many, or
 * more than `maxPositionals` other words.
 */
export function parseArguments(args: readonly string[], table: OptionTable, maxPositionals: number): ParsedArguments {
  // Not strict: parseArgs' own errors know no near misses. The tokens carry all that is needed to check here.
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...table },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values: Record<string, string | true> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (option === undefined) {
      throw new UsageError(`Unknown option '${token.rawName}'.${didYouMean(token.name, Object.keys(table), '--')}`);
    }
    if (option.type === 'boolean') {
      if (token.value !== undefined) throw new UsageError(`Option '${token.rawName}' takes no value.`);
      values[token.name] = true;
      continue;
    }
    // "--size --json": the value was forgotten. Who means it writes --size=--json.
    if (token.value === undefined || token.value === '' || (!token.inlineValue && token.value.startsWith('-'))) {
      throw new UsageError(`Option '${token.rawName}' needs a value.`);
    }
    values[token.name] = token.value;
  }
  const extra = positionals[maxPositionals];
  if (extra !== undefined) throw new UsageError(`Unexpected argument '${extra}'.`);
  return { values, positionals };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** '64M', '64MiB', '65536' as bytes; the units are powers of 1024. Throws UsageError outside [minimum, maximum]. */
export function parseBytes(option: string, text: string, minimum: number, maximum: number): number {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(text);
  const bytes = match === null ? NaN : Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? NaN);
  if (!Number.isSafeInteger(bytes)) {
    throw new UsageError(`Option '${option}' takes a number of bytes such as 65536, 512K, 64M or 1G, not '${text}'.`);
  }
  if (bytes < minimum || bytes > maximum) {
    throw new UsageError(
      `Option '${option}' must be from ${formatBytes(minimum)} to ${formatBytes(maximum)}, not '${text}'.`,
    );
  }
  return bytes;
}

/** A decimal number of seconds > 0. Throws UsageError. */
export function parseSeconds(option: string, text: string, maximum: number): number {
  const seconds = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN;
  if (!(seconds > 0 && seconds <= maximum)) {
    throw new UsageError(`Option '${option}' takes a number of seconds above 0 and up to ${maximum}, not '${text}'.`);
  }
  return seconds;
}

/** `text`, which must be one of the words. Throws UsageError. */
export function oneOf<Word extends string>(option: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined)
    throw new UsageError(`Option '${option}' takes ${words.join(', ')}, not '${text}'.${didYouMean(text, words)}`);
  return found;
}

/** A whole number from 0 to 2^53 - 1. Throws UsageError. */
export function parseCount(option: string, text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(count)) throw new UsageError(`Option '${option}' takes a whole number, not '${text}'.`);
  return count;
}

/** 67108864 as '64 MiB', 1500 as '1.5 KiB'. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let amount = bytes;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${Number(amount.toFixed(1))} ${units[unit] ?? ''}`;
}
