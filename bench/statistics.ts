/** The middle value, or the mean of the middle two. NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The smallest value that `share` (0 to 1) of all values do not exceed. NaN for an empty list. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/**
 * The median of the ratios of each round. Two trials of one round run within a second of each other, so slow changes of
 * the machine cancel in their ratio. They would not cancel in the ratio of two medians.
 */
export function medianRatio(ours: readonly number[], rival: readonly number[]): number {
  const ratios: number[] = [];
  for (const [round, value] of ours.entries()) {
    const other = rival[round];
    if (other !== undefined) ratios.push(value / other);
  }
  return median(ratios);
}

/** The median of `count` samples within one trial. It leaves out samples that another process interrupted. */
export function medianOf(count: number, sample: (index: number) => number): number {
  return median(Array.from({ length: count }, (_, index) => sample(index)));
}
