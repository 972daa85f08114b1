import { randomOf } from './random.js';

/** For each unit in flight the number of the state that it has. */
export type Choice = readonly number[];

/** The number of all choices. Infinity: more than can be counted exactly. */
export function countChoices(sizes: readonly number[]): number {
  const product = sizes.reduce((all, size) => all * size, 1);
  return product > Number.MAX_SAFE_INTEGER ? Infinity : product;
}

/** Every choice. One unit changes from one to the next (a mixed-radix Gray code). */
function* everyChoice(sizes: readonly number[]): Generator<Choice> {
  const choice = sizes.map(() => 0);
  const steps = sizes.map(() => 1);
  for (;;) {
    yield choice;
    let at = 0;
    for (; at < sizes.length; at++) {
      const next = (choice[at] ?? 0) + (steps[at] ?? 1);
      if (next >= 0 && next < (sizes[at] ?? 1)) {
        choice[at] = next;
        break;
      }
      steps[at] = -(steps[at] ?? 1);
    }
    if (at === sizes.length) return;
  }
}

/** Small deviations first, because most faults need few stores: then pairs, then random ones without end. */
function* someChoices(sizes: readonly number[], limit: number, seed: number): Generator<Choice> {
  const oldest = sizes.map(() => 0);
  const newest = sizes.map((size) => size - 1);
  const alone = (base: Choice, unit: number, state: number): Choice =>
    base.map((each, at) => (at === unit ? state : each));
  yield oldest;
  yield newest;
  for (const base of [oldest, newest]) {
    for (const [unit, size] of sizes.entries()) {
      const stride = size > limit ? Math.ceil((2 * size) / limit) : 1; // of a long unit, states of all its time
      for (let state = 0; state < size; state += stride) if (state !== base[unit]) yield alone(base, unit, state);
    }
  }
  for (let end = 2; end < sizes.length - 1; end++) {
    yield oldest.map((each, at) => (at < end ? (newest[at] ?? 0) : each));
    yield newest.map((each, at) => (at < end ? 0 : each));
  }
  for (const [base, other] of [
    [oldest, newest],
    [newest, oldest],
  ] as const) {
    for (let first = 0; first < sizes.length; first++) {
      for (let second = first + 1; second < sizes.length; second++)
        yield alone(alone(base, first, other[first] ?? 0), second, other[second] ?? 0);
    }
  }
  const random = randomOf(seed);
  for (;;) yield sizes.map((size) => random() % size);
}

/** At most `limit` choices; every one of them if they are not more. The array is the same at each step. */
export function* choices(sizes: readonly number[], limit: number, seed: number): Generator<Choice> {
  if (countChoices(sizes) <= limit) {
    yield* everyChoice(sizes);
    return;
  }
  let left = limit;
  for (const choice of someChoices(sizes, limit, seed)) {
    if (left-- <= 0) return;
    yield choice;
  }
}
