import { invalidValue } from '../../core/errors.js';

/** A function of an object. */
export type FsFunction = (this: unknown, ...args: unknown[]) => unknown;

/** The replacement of each function of an object, by name. Names that the object does not have are left out. */
export type Wraps = Readonly<Record<string, (original: FsFunction) => FsFunction>>;

interface Replacement {
  /** undefined: the object inherited it. */
  readonly before: PropertyDescriptor | undefined;
  readonly wrapper: FsFunction;
}

/** Gives the wrapper the name, length and symbols of the original (util.promisify uses one). */
function disguise(wrapper: FsFunction, original: FsFunction): FsFunction {
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    if (key !== 'prototype' && descriptor !== undefined) Object.defineProperty(wrapper, key, descriptor);
  }
  return wrapper;
}

/** The replaced functions of one object. They stay replaced until the last release(). */
class FunctionPatch {
  private count = 0;
  private readonly replaced = new Map<string, Replacement>();

  constructor(
    private readonly object: object,
    private readonly wraps: Wraps,
  ) {}

  private get names(): string[] {
    return Object.keys(this.wraps).filter((name) => typeof Reflect.get(this.object, name) === 'function');
  }

  /** @throws ERR_INVALID_ARG_VALUE: the object cannot be changed, and nothing was changed. */
  retain(): void {
    if (this.count === 0) {
      const { names } = this;
      for (const name of names) this.checkChangeable(name);
      for (const name of names) this.replace(name);
    }
    this.count++;
  }

  /** @returns false: other users remain. */
  release(): boolean {
    if (--this.count > 0) return false;
    for (const [name, { before, wrapper }] of this.replaced) {
      // Other code has replaced our wrapper: its function stays, and our wrapper only calls the original from now on.
      if (Reflect.get(this.object, name) !== wrapper) continue;
      if (before === undefined) Reflect.deleteProperty(this.object, name);
      else Object.defineProperty(this.object, name, before);
    }
    return true;
  }

  private checkChangeable(name: string): void {
    const descriptor = Object.getOwnPropertyDescriptor(this.object, name);
    if (descriptor === undefined ? Object.isExtensible(this.object) : descriptor.configurable === true) return;
    throw invalidValue(
      'fs',
      "must be an object whose functions can be replaced: require('node:fs') or its default import, not a module's name space",
      this.object,
    );
  }

  private replace(name: string): void {
    const original = Reflect.get(this.object, name) as FsFunction;
    const guarded = this.wraps[name]?.(original) ?? original;
    const isActive = (): boolean => this.count > 0;
    const wrapper = disguise(function (this: unknown, ...args: unknown[]) {
      return Reflect.apply(isActive() ? guarded : original, this, args);
    }, original);
    const before = Object.getOwnPropertyDescriptor(this.object, name);
    this.replaced.set(name, { before, wrapper });
    Object.defineProperty(this.object, name, {
      configurable: true,
      enumerable: before?.enumerable ?? true,
      writable: true,
      value: wrapper,
    });
  }
}

const all = new WeakMap<object, FunctionPatch>();

/**
 * Replaces functions of an object. Calls are counted: a second one for the same object changes nothing.
 *
 * @returns undoes this call. The last undo puts back the old functions.
 * @throws ERR_INVALID_ARG_VALUE: the object cannot be changed, and nothing was changed.
 */
export function patch(object: object, wraps: Wraps): () => void {
  const patched = all.get(object) ?? new FunctionPatch(object, wraps);
  patched.retain();
  all.set(object, patched);
  let undone = false;
  return () => {
    if (undone) return;
    undone = true;
    if (patched.release()) all.delete(object);
  };
}
