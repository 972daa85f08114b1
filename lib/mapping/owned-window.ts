import type { Region } from '../backend/region.js';

/** The memory of an ArrayBuffer over a mapping, as it was when the ArrayBuffer was made. */
export interface WindowPlace {
  /** The Mapping, which the ArrayBuffer keeps alive. */
  readonly owner: object;
  readonly region: Region;
  /** Bytes from the start of `region`. */
  readonly start: number;
}

/** Gives a subclass an object that is there already, to put its private fields on. */
class Given {
  constructor(object: object) {
    return object;
  }
}

/**
 * A view refers to its ArrayBuffer, and that to the Mapping: garbage collection takes all of them or none. The
 * references are private fields: Object.defineProperty() takes 1 us, fifty times as long. V8 makes room for three
 * fields at once.
 */
class OwnedWindow extends Given {
  readonly #owner: object;
  readonly #region: Region;
  readonly #start: number;

  constructor(window: ArrayBufferLike, owner: object, region: Region, start: number) {
    super(window);
    this.#owner = owner;
    this.#region = region;
    this.#start = start;
  }

  static isOwned(window: object): boolean {
    return #owner in window;
  }

  static placeOf(window: object): WindowPlace | undefined {
    return #owner in window ? { owner: window.#owner, region: window.#region, start: window.#start } : undefined;
  }
}

/** From now on `window` keeps `owner` alive. */
export function bindWindow<Window extends ArrayBufferLike>(
  window: Window,
  owner: object,
  region: Region,
  start: number,
): Window {
  // The emulation gives the same window again, which has its mapping already.
  if (!OwnedWindow.isOwned(window)) new OwnedWindow(window, owner, region, start);
  return window;
}

/** undefined: no mapping of this copy of the package has made the ArrayBuffer. */
export function placeOf(window: ArrayBufferLike): WindowPlace | undefined {
  return OwnedWindow.placeOf(window);
}
