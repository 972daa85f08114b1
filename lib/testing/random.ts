/** Random numbers that a seed decides (mulberry32). @returns integers of 0 <= n < 2^32. */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** The hash of one atom with a value: 53 bits, from two rounds of a 32-bit mixer (the finalizer of MurmurHash3). */
export function hashOf(atom: number, low: number, high: number): readonly [number, number] {
  return [mix(mix(atom ^ 0x9e3779b9) ^ mix(low) ^ Math.imul(high, 31)), mix(mix(low + 0x7f4a7c15) ^ mix(high ^ atom))];
}

function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
