// Compares loops over a mapped Buffer ('mapped') with loops over a heap Buffer. The control ('heap') compares two heap
// Buffers. Arguments: FILE LENGTH mapped|heap PAIRS
import { map } from '../../lib/index.js';
import { median } from '../statistics.js';
import { argument, numericArgument, printFigures } from '../trial.js';

/** Some hundred microseconds: much longer than the clock's resolution, much shorter than a scheduler's time slice. */
const PASSES = 16;
const ROUNDS_PER_PAIR = 32;
const WARM_UP_ROUNDS = 4;

type Pair = readonly [heap: Buffer, other: Buffer];
type Loop = (buffer: Buffer, passes: number) => number;

// The same function gets both Buffers from the start: one hidden class, one compiled code.
const sum: Loop = (buffer, passes) => {
  let total = 0;
  for (let pass = 0; pass < passes; pass++) {
    for (let i = 0; i < buffer.length; i++) total = (total + buffer[i]!) | 0;
  }
  return total;
};

const fill: Loop = (buffer, passes) => {
  for (let pass = 0; pass < passes; pass++) {
    for (let i = 0; i < buffer.length; i++) buffer[i] = pass;
  }
  return buffer[0]!;
};

/** Reads one byte and writes another, both at offsets of a linear congruential sequence. The length is a power of 2. */
const random: Loop = (buffer, passes) => {
  const mask = buffer.length - 1;
  let state = 1;
  for (let step = passes * (buffer.length >> 2); step > 0; step--) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    buffer[(state >>> 16) & mask] = buffer[(state >>> 8) & mask]! + 1;
  }
  return state;
};

let sink = 0;

function time(loop: Loop, buffer: Buffer): number {
  const start = process.hrtime.bigint();
  sink ^= loop(buffer, PASSES);
  return Number(process.hrtime.bigint() - start);
}

/**
 * The best times of the two, alternating: A B B A, then B A A B. The position in this order changes the time by 5 %:
 * the compiler peels the first pass off the loop, into code with another alignment. So each Buffer is equally often at
 * each position. The best time is used, because longer times show only other work of the machine.
 */
function bestTimes(loop: Loop, [heap, other]: Pair, rounds: number): [heap: number, other: number] {
  const best: [number, number] = [Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    const first = round % 2;
    for (let turn = 0; turn < 4; turn++) {
      const which = turn === 0 || turn === 3 ? first : 1 - first;
      best[which] = Math.min(best[which]!, time(loop, which === 0 ? heap : other));
    }
  }
  return best;
}

function ratio(loop: Loop, pairs: readonly Pair[]): number {
  for (const pair of pairs) bestTimes(loop, pair, WARM_UP_ROUNDS);
  return median(
    pairs.map((pair) => {
      const [heap, other] = bestTimes(loop, pair, ROUNDS_PER_PAIR);
      return other / heap;
    }),
  );
}

const length = numericArgument(1);
const mapped = argument(2) === 'mapped';
// The address of a Buffer changes its speed by up to 7 %, so many Buffers of both kinds are compared.
const pairs = Array.from({ length: numericArgument(3) }, (): Pair => {
  const other = mapped ? map(argument(0)).buffer : Buffer.alloc(length);
  if (other.length !== length) throw new Error(`${other.length} bytes were mapped, not ${length}`);
  return [Buffer.alloc(length, 1), other.fill(1)];
});
printFigures({ sum: ratio(sum, pairs), fill: ratio(fill, pairs), random: ratio(random, pairs) });
if (Number.isNaN(sink)) throw new Error('unreachable; without it the compiler could remove the loops');
