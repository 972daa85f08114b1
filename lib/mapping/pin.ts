import { inOneLine } from '../core/inspect-line.js';
import { inspect, type InspectOptionsStylized } from 'node:util';
import { illegalConstructor } from '../core/errors.js';
import { registryPart } from '../core/registry.js';

/** Mappings with a pin: garbage collection must not unmap them. */
export const pinnedMappings = registryPart('held', () => new Set<object>());

// Only this file can give it to the constructor.
const KEY = Symbol('the key of the constructor');

let construct: (unpin: () => void) => Pin;

/** Holds a mapping open for a native user of its memory. See {@link Mapping.pin}. */
export class Pin implements Disposable {
  private released = false;

  static {
    construct = (unpin) => new Pin(KEY, unpin);
  }

  private constructor(
    key?: typeof KEY,
    private readonly unpin: () => void = () => undefined,
  ) {
    if (key !== KEY) throw illegalConstructor('Pin', 'mapping.pin() makes a Pin');
  }

  /**
   * Ends the pin. A second call does nothing.
   *
   * @example
   * const { map } = require('mapdirect');
   * const mapping = map('data.bin');
   * const pin = mapping.pin();
   * pin.release();
   * mapping.close(); // EBUSY before the release
   */
  release(): void {
    if (this.released) return;
    this.released = true;
    this.unpin();
  }

  /** {@link release} at the end of a block with `using`. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** One line for console.log() and util.inspect(). */
  [inspect.custom](_depth: number, options: InspectOptionsStylized, print: typeof inspect): string {
    return inOneLine('Pin', Object.hasOwn(this, 'released') ? { released: this.released } : undefined, options, print);
  }

  get [Symbol.toStringTag](): string {
    return 'Pin';
  }
}

/** Makes a Pin. `unpin` takes the pin back; it is called once. @internal */
export function pinFor(unpin: () => void): Pin {
  return construct(unpin);
}
