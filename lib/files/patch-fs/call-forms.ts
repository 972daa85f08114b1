import type { Mode, PathLike } from 'node:fs';
import { isUint8Array, isUrl } from '../../core/foreign.js';
import type { FsFunction } from './patch.js';

/** The index of the callback among the arguments; -1: there is none. */
export function callbackAt(args: readonly unknown[]): number {
  return args.findLastIndex((argument) => typeof argument === 'function');
}

/** Calls a function with a callback. The promise resolves with the arguments of the callback, an error first. */
export function callWithCallback(
  original: FsFunction,
  self: unknown,
  args: readonly unknown[],
  at: number,
): Promise<unknown[]> {
  return new Promise((resolve) => {
    Reflect.apply(
      original,
      self,
      args.with(at, (...results: unknown[]) => resolve(results)),
    );
  });
}

/** Calls the callback with the results of the work. An exception of the callback is no failure of the work. */
export function deliver(callback: unknown, work: Promise<readonly unknown[]>): void {
  const call = (results: readonly unknown[]): void => process.nextTick(callback as FsFunction, ...results);
  work.then(call, (error: unknown) => call([error]));
}

/** A callback that ends the guard first. */
export function releasingCallback(leave: () => void, callback: FsFunction): FsFunction {
  return function (...results) {
    leave();
    return Reflect.apply(callback, this, results);
  };
}

function hasNull(path: string | Uint8Array): boolean {
  return typeof path === 'string' ? path.includes('\0') : path.includes(0);
}

/** node:fs accepts the value as a path, objects of other realms and libraries too. It refuses other values itself. */
export function isPathLike(value: unknown): value is PathLike {
  if (isUrl(value)) return value.protocol === 'file:';
  return (typeof value === 'string' || isUint8Array(value)) && !hasNull(value);
}

/** node:fs accepts the value as permissions. */
export function isMode(value: unknown): value is Mode | undefined {
  if (typeof value === 'string') return /^[0-7]+$/.test(value);
  return (
    value === undefined ||
    value === null ||
    (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32)
  );
}

/** node:fs accepts the value as an encoding: also every falsy value, and 'buffer'. */
export function isEncoding(value: unknown): boolean {
  return !value || value === 'buffer' || Buffer.isEncoding(value as string);
}

/** node:fs accepts the value as an AbortSignal. */
export function isSignal(value: unknown): value is { readonly aborted: unknown } | undefined {
  return value === undefined || (typeof value === 'object' && value !== null && 'aborted' in value);
}

/** node:fs accepts the value as a descriptor. */
export function isDescriptor(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

/** Options of node:fs: an object, or an encoding alone. undefined: node:fs refuses them. */
export function optionsOf<Options extends object>(options: unknown): Partial<Options> | undefined {
  if (options === undefined || options === null) return {};
  if (typeof options === 'string') return { encoding: options } as unknown as Partial<Options>;
  return typeof options === 'object' ? options : undefined;
}
