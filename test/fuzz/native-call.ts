import type { Addon } from '../../lib/backend/native/addon.js';
import type { Random } from '../support/random.js';
import { exact, nativeHintsFor, wrongValues, type NativeWorld } from './native-hints.js';
import { oddNumbers, plain, smallNumbers, type Value } from './values.js';

/** One call of an export of the addon. */
export interface NativeCall {
  readonly name: string;
  readonly args: readonly Value<NativeWorld>[];
  /** The first registers; undefined: a slot. */
  readonly registers: readonly (Value<unknown> | undefined)[];
}

const CHEAP = 10;
const PERCENT = 100;
const RIGHT = 60;
const REGISTERS = 5;
// They start a thread, look through /proc, write a file, or add a listener for good.
const slow = /Async$|^(openAndWait|countMaps|copy|tryDirect|onNotices|lease|watch|open|memoryFile|constants|futexWait)/;
const numbers = [...smallNumbers, ...smallNumbers, ...oddNumbers, ...plain(5)];

/** The names of the functions of the addon. */
export function exportNames(addon: Addon): readonly string[] {
  return Object.entries(addon).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
}

/** The names of the functions of the addon, each as often as it shall be chosen. */
export function weightedNames(addon: Addon): readonly string[] {
  return exportNames(addon).flatMap((name) => Array.from({ length: slow.test(name) ? 1 : CHEAP }, () => name));
}

/** The next call; `names` are those of {@link weightedNames}. */
export function nextNativeCall(random: Random, names: readonly string[]): NativeCall {
  const name = random.of(names);
  const hints = nativeHintsFor(name);
  const count = hints.some((each) => exact.has(each)) ? hints.length : random.below(hints.length + 2);
  const args = Array.from({ length: count }, (_, at) => {
    const each = hints[at] ?? [];
    const isRight = exact.has(each) || (each.length > 0 && random.below(PERCENT) < RIGHT);
    return random.of(isRight ? each : wrongValues);
  });
  const registers = Array.from({ length: REGISTERS }, (_, at) =>
    at === 0 && random.below(PERCENT) < RIGHT ? undefined : random.of(numbers),
  );
  return { name, args, registers };
}

/** A line for the report. */
export function describeNativeCall({ name, args, registers }: NativeCall): string {
  const shown = registers.map((value) => value?.name ?? 'slot');
  return `${name}(${args.map((value) => value.name.slice(0, 60)).join(', ')}), registers ${shown.join(' ')}`;
}
