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

/** Ours divided by the rival's, for each round that both have. */
export function ratios(ours: readonly number[], rival: readonly number[]): number[] {
  return ours.slice(0, rival.length).map((value, round) => value / (rival[round] ?? NaN));
}

/**
 * The median of the ratios of each round. Two trials of one round run within a second of each other, so slow changes of
 * the machine cancel in their ratio. They would not cancel in the ratio of two medians.
 */
export function medianRatio(ours: readonly number[], rival: readonly number[]): number {
  return median(ratios(ours, rival));
}

/** The distance between the lowest and the highest tenth. For up to ten values: between the lowest and the highest. */
export function spread(values: readonly number[]): number {
  return quantile(values, 0.9) - quantile(values, 0.1);
}

/**
 * The exponent p of the curve `cost = c * size ** p` that is nearest to the points, by least squares of the logarithms.
 * 0: the cost is steady. 1: it grows as the size does. NaN for fewer than two sizes.
 */
export function exponent(points: readonly (readonly [size: number, cost: number])[]): number {
  const logarithms = points.map(([size, cost]) => [Math.log(size), Math.log(cost)] as const);
  const mean = (axis: 0 | 1): number => logarithms.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [sizes, costs] = [mean(0), mean(1)];
  const covariance = logarithms.reduce((sum, [size, cost]) => sum + (size - sizes) * (cost - costs), 0);
  return covariance / logarithms.reduce((sum, [size]) => sum + (size - sizes) ** 2, 0);
}

/** The median of `count` samples within one trial. It leaves out samples that another process interrupted. */
export function medianOf(count: number, sample: (index: number) => number): number {
  return median(Array.from({ length: count }, (_, index) => sample(index)));
}
