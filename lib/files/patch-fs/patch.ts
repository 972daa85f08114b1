import { invalidValue } from '../../core/errors.js';

/** A function as it hangs on an object. */
export type FsFunction = (this: unknown, ...args: unknown[]) => unknown;

/** What each function of an object is to be replaced by. Names that the object does not have are left out. */
export type Wraps = Readonly<Record<string, (original: FsFunction) => FsFunction>>;

interface Replacement {
  /** undefined: the object inherited it. */
  readonly before: PropertyDescriptor | undefined;
  readonly wrapper: FsFunction;
}

/** Its name, length and symbols (util.promisify has one) are the original's. */
function disguise(wrapper: FsFunction, original: FsFunction): FsFunction {
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    if (key !== 'prototype' && descriptor !== undefined) Object.defineProperty(wrapper, key, descriptor);
  }
  return wrapper;
}

/** The functions of one object, replaced as long as somebody wants it so. */
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

  /** @throws ERR_INVALID_ARG_VALUE: the object cannot be changed; nothing was. */
  retain(): void {
    if (this.count === 0) {
      const { names } = this;
      for (const name of names) this.checkChangeable(name);
      for (const name of names) this.replace(name);
    }
    this.count++;
  }

  /** @returns false: somebody still wants it. */
  release(): boolean {
    if (--this.count > 0) return false;
    for (const [name, { before, wrapper }] of this.replaced) {
      // Whoever has replaced ours keeps theirs; ours does nothing any more.
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
 * Replaces functions of an object. Counted: a second call with the same object changes nothing more.
 *
 * @returns the undo; with the last one everything is as it was.
 * @throws ERR_INVALID_ARG_VALUE: the object cannot be changed; nothing was.
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
