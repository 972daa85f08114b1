import { constants } from '../../lib/index.js';
import { hostileObjects } from './hostile-objects.js';
import type { World } from './world.js';

/** An argument. `name` is printed when a call ends the process. */
export interface Value<Objects = World> {
  readonly name: string;
  readonly make: (world: Objects) => unknown;
}

const { PAGE_SIZE } = constants;

function printed(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : String(value);
}

/** Values that are the same in each call. */
export function plain(...values: readonly unknown[]): Value<unknown>[] {
  return values.map((value) => ({ name: printed(value), make: () => value }));
}

export const smallNumbers = plain(0, 1, 8, 63, 64, 100, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE);
export const oddNumbers = plain(
  ...[-0, -1, 0.5, NaN, Infinity, -Infinity, 255, 256, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 40],
  ...[2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64, 1e300, -(2 ** 31), -(2 ** 53), Number.MIN_VALUE, 65535],
);
export const primitives = plain(
  ...[undefined, undefined, null, true, false, 0n, 5n, -1n, 2n ** 64n, '', '0', 'x', 'a\0b', 'x'.repeat(5000)],
  ...[Symbol('s'), Symbol.iterator],
);

/** Words that options and arguments of the package are compared with. */
export const words = plain(
  ...['read', 'write', 'copy', 'auto', 'require', 'off', 'byte', 'cache-line', 'page', 'native', 'emulated'],
  ...['normal', 'random', 'willneed', 'dontneed', 'hugepage', 'cold', 'fault', 'break', 'refuse', 'breakable', 'lease'],
);

/** Every value that a call does not expect. */
export const hostileValues: readonly Value[] = [...oddNumbers, ...primitives, ...words, ...hostileObjects];
