import type { Mode, PathLike } from 'node:fs';
import { isUint8Array, isUrl } from '../../core/foreign.js';
import type { FsFunction } from './patch.js';

/** Where the callback is among the arguments; -1: there is none. */
export function callbackAt(args: readonly unknown[]): number {
  return args.findLastIndex((argument) => typeof argument === 'function');
}

/** Calls a function with a callback; its promise resolves with what the callback gets, an error first. */
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

/** Gives the callback what the work resolves with; what the callback throws is not the work's. */
export function deliver(callback: unknown, work: Promise<readonly unknown[]>): void {
  const call = (results: readonly unknown[]): void => process.nextTick(callback as FsFunction, ...results);
  work.then(call, (error: unknown) => call([error]));
}

/** The callback, called after the guard is left. */
export function releasingCallback(leave: () => void, callback: FsFunction): FsFunction {
  return function (...results) {
    leave();
    return Reflect.apply(callback, this, results);
  };
}

function hasNull(path: string | Uint8Array): boolean {
  return typeof path === 'string' ? path.includes('\0') : path.includes(0);
}

/** node:fs takes it for a path, objects of other realms and libraries too; what it does not take is left to it to refuse. */
export function isPathLike(value: unknown): value is PathLike {
  if (isUrl(value)) return value.protocol === 'file:';
  return (typeof value === 'string' || isUint8Array(value)) && !hasNull(value);
}

/** node:fs takes it for permissions. */
export function isMode(value: unknown): value is Mode | undefined {
  if (typeof value === 'string') return /^[0-7]+$/.test(value);
  return (
    value === undefined ||
    value === null ||
    (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32)
  );
}

/** node:fs takes it for an encoding, as it does whatever is falsy; 'buffer' is none. */
export function isEncoding(value: unknown): boolean {
  return !value || value === 'buffer' || Buffer.isEncoding(value as string);
}

/** node:fs takes it for an AbortSignal. */
export function isSignal(value: unknown): value is { readonly aborted: unknown } | undefined {
  return value === undefined || (typeof value === 'object' && value !== null && 'aborted' in value);
}

/** node:fs takes it for a descriptor. */
export function isDescriptor(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

/** Options of node:fs, which may be an encoding alone; undefined: it refuses them. */
export function optionsOf<Options extends object>(options: unknown): Partial<Options> | undefined {
  if (options === undefined || options === null) return {};
  if (typeof options === 'string') return { encoding: options } as unknown as Partial<Options>;
  return typeof options === 'object' ? options : undefined;
}
