import { isTypedArray } from 'node:util/types';

// The functions of the language itself, captured at load. Both throw for a view that has lost its memory.
const { keys } = Object.getPrototypeOf(Uint8Array.prototype) as { keys: (this: ArrayBufferView) => unknown };
const { get: lengthOf } = Object.getOwnPropertyDescriptor(DataView.prototype, 'byteLength') as {
  get: (this: ArrayBufferView) => number;
};

/**
 * True if the view has lost its memory: its buffer was detached, or a resizable buffer is too short for it now. The
 * length does not tell: it is 0 then, as for an empty view.
 */
export function isGone(view: ArrayBufferView): boolean {
  try {
    (isTypedArray(view) ? keys : lengthOf).call(view);
    return false;
  } catch {
    return true;
  }
}
