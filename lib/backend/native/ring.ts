import type { RegisteredRing, RingTransfer } from '../registrations.js';
import type { Addon } from './addon.js';

/** {@link RegisteredRing} through the addon. */
export class NativeRing implements RegisteredRing {
  private readonly registers: Float64Array;
  private readonly ring: number;

  /** Right after uringRegister(), whose register 0 has the id of the ring. */
  constructor(
    private readonly addon: Addon,
    readonly id: number,
  ) {
    this.registers = new Float64Array(addon.registers);
    this.ring = this.registers[0] ?? 0;
  }

  submit({ operation, request, fd, position, offset, length }: RingTransfer): number {
    const { registers } = this;
    registers[0] = position;
    registers[1] = offset;
    registers[2] = length;
    return this.addon.uringSubmit(this.ring, operation === 'read' ? 0 : 1, request, fd);
  }

  reap(into: Float64Array): number | Promise<number> {
    return this.addon.uringReap(this.ring, into);
  }

  drop(): void {
    this.addon.uringDrop(this.ring);
  }
}
