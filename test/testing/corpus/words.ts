import type { Mapping } from '../../../lib/index.js';
import { get, put } from './entry.js';

/**
 * Words of a mapping, each stored by one instruction. A look at the memory in `onStore` gives a trace the order of the
 * stores; without it the stores between two calls of the mapping have no order.
 */
export class Words {
  constructor(
    readonly mapping: Mapping,
    private readonly onStore: () => void = () => undefined,
  ) {}

  put(offset: number, value: number): void {
    put(this.mapping, offset, value);
    this.onStore();
  }

  get(offset: number): number {
    return get(this.mapping, offset);
  }

  persist(offset: number, length: number): void {
    this.mapping.persist(offset, length);
  }
}
