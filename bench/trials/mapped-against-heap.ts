// Loops over a mapped Buffer ('mapped') or over another heap Buffer ('heap', the control), each against the same heap
// Buffer. Arguments: FILE LENGTH mapped|heap
import { map } from '../../lib/index.js';
import { median } from '../statistics.js';
import { argument, numericArgument, print } from '../trial.js';

/** Less than a millisecond each: long against the clock, short against the scheduler's slices. */
const PASSES = 25;
const INNER_ROUNDS = 401;
const WARM_UP_ROUNDS = 20;

type Loop = (buffer: Buffer, passes: number) => number;

// The same function sees both Buffers from the start: one hidden class, one compiled code.
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

/** Reads one place and writes another, both from a linear congruential sequence; the length is a power of 2. */
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
 * Heap, other, other, heap: whatever drifts linearly meanwhile falls out of each ratio. One place calls for all four,
 * so that the compiler cannot inline one copy of the loop for this Buffer and another, aligned otherwise, for that.
 */
function ratio(loop: Loop, heap: Buffer, other: Buffer): number {
  const order = [heap, other, other, heap];
  const times = new Float64Array(order.length);
  const ratios: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < INNER_ROUNDS; round++) {
    for (let turn = 0; turn < order.length; turn++) times[turn] = time(loop, order[turn]!);
    if (round >= 0) ratios.push((times[1]! + times[2]!) / (times[0]! + times[3]!));
  }
  return median(ratios);
}

const length = numericArgument(1);
const heap = Buffer.alloc(length, 1);
const other = argument(2) === 'mapped' ? map(argument(0)).buffer : Buffer.alloc(length);
if (other.length !== length) throw new Error(`${other.length} bytes were mapped, not ${length}`);
other.fill(1);
print({ sum: ratio(sum, heap, other), fill: ratio(fill, heap, other), random: ratio(random, heap, other) });
if (Number.isNaN(sink)) throw new Error('unreachable; keeps the loops from being optimised away');
