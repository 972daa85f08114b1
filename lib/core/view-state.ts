import { isTypedArray } from 'node:util/types';

// The language's own, taken now. keys() throws for a view that has lost its memory; so does the length of a DataView.
const { keys } = Object.getPrototypeOf(Uint8Array.prototype) as { keys: (this: ArrayBufferView) => unknown };
const { get: lengthOf } = Object.getOwnPropertyDescriptor(DataView.prototype, 'byteLength') as {
  get: (this: ArrayBufferView) => number;
};

/**
 * The memory of the view is not there any more: its buffer was detached, or a resizable one is too short for it by now. It has
 * length 0 then, as an empty one has that is whole.
 */
export function isGone(view: ArrayBufferView): boolean {
  try {
    (isTypedArray(view) ? keys : lengthOf).call(view);
    return false;
  } catch {
    return true;
  }
}
