import { parseArgs } from 'node:util';
import { closestMatch } from '../core/closest-match.js';
import { formatBytes } from './terminal.js';

/** The command line is wrong: main() prints the message on stderr, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** The option can be given several times: its values are one list, with commas between them. */
  readonly list?: boolean;
}

export type OptionTable = Readonly<Record<string, Option>>;

/** The result of {@link parseArguments}; it has only names of the table. */
export interface ParsedArguments {
  readonly values: Readonly<Record<string, string | true>>;
  readonly positionals: readonly string[];
}

/** " Did you mean '--json'?"; an empty text if no known word is near. */
export function didYouMean(word: string, known: readonly string[], prefix = ''): string {
  const meant = closestMatch(word, known);
  return meant === undefined ? '' : ` Did you mean '${prefix}${meant}'?`;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function optionValue({ name, rawName, value, inlineValue }: OptionToken, table: OptionTable): string | true {
  const option = Object.hasOwn(table, name) ? table[name] : undefined;
  if (option === undefined)
    throw new UsageError(`Unknown option '${rawName}'.${didYouMean(name, Object.keys(table), '--')}`);
  if (option.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`Option '${rawName}' takes no value.`);
    return true;
  }
  // "--size --json": the user forgot the value. A value that begins with '-' is written as --size=--json.
  if (value === undefined || value === '' || (inlineValue !== true && value.startsWith('-')))
    throw new UsageError(`Option '${rawName}' needs a value.`);
  return value;
}

/**
 * Checks `args` against the table.
 *
 * @throws UsageError for an unknown option (with the nearest known one), a missing value, a value for a boolean option,
 *   or more than `maxPositionals` other words.
 */
export function parseArguments(args: readonly string[], table: OptionTable, maxPositionals: number): ParsedArguments {
  // Not strict: the errors of parseArgs() suggest no near names. optionValue() needs only the tokens.
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(table).map(([name, { type, short }]) => [name, short === undefined ? { type } : { type, short }]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values: Record<string, string | true> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const value = optionValue(token, table);
    const before = table[token.name]?.list === true ? values[token.name] : undefined;
    values[token.name] = typeof before === 'string' ? `${before},${value}` : value;
  }
  const extra = positionals[maxPositionals];
  if (extra !== undefined) throw new UsageError(`Unexpected argument '${extra}'.`);
  return { values, positionals };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** '64M', '64MiB' or '65536' as bytes; units are powers of 1024. @throws UsageError outside [minimum, maximum]. */
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

/** A decimal number of seconds, above 0 and up to `maximum`. @throws UsageError. */
export function parseSeconds(option: string, text: string, maximum: number): number {
  const seconds = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN;
  if (!(seconds > 0 && seconds <= maximum)) {
    throw new UsageError(`Option '${option}' takes a number of seconds above 0 and up to ${maximum}, not '${text}'.`);
  }
  return seconds;
}

/** Returns `text` if it is one of the words. @throws UsageError. */
export function oneOf<Word extends string>(option: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined)
    throw new UsageError(`Option '${option}' takes ${words.join(', ')}, not '${text}'.${didYouMean(text, words)}`);
  return found;
}

/** A whole number from 0 to 2^53 - 1. @throws UsageError. */
export function parseCount(option: string, text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(count)) throw new UsageError(`Option '${option}' takes a whole number, not '${text}'.`);
  return count;
}
