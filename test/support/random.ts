/** mulberry32: the same numbers for the same seed, everywhere. */
export class Random {
  constructor(private state: number) {}

  /** `new Random(position)` continues with the same numbers. */
  get position(): number {
    return this.state;
  }

  /** 0 <= n < limit. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

/** Seeds for a property: always the same, and one that is new at every run; a failure names the seed. */
export function seeds(count: number): number[] {
  return [...Array.from({ length: count }, (_, i) => i + 1), Date.now() % 2 ** 31];
}
