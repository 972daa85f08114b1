// The cost of a recorded persist() of a CrashSimulator. Argument: ROUNDS
import { CrashSimulator } from '../../lib/testing/index.js';
import { nanoseconds, numericArgument, printFigures } from '../trial.js';

const SMALL = 65536;
const LARGE = 16 * 2 ** 20;
const MANY = 1024;
/** Rounds between two ends of the trace: it must not grow for ever. */
const KEPT = 100;

/** The median time of persist() after stores to `words` words. */
function recorded(size: number, words: number, rounds: number): number {
  using simulator = new CrashSimulator({ size, granularity: 'cache-line' });
  const { mapping } = simulator;
  const halves = new Int32Array(mapping.buffer.buffer, mapping.buffer.byteOffset, size / 4);
  const times: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (let word = 0; word < words; word++) halves[2 * word] = round;
    times.push(nanoseconds(() => mapping.persist(0, 8 * words)));
    if (round % KEPT === 0) simulator.settle();
  }
  times.sort((a, b) => a - b);
  return times[times.length >>> 1] ?? 0;
}

const rounds = numericArgument(0);
const one = recorded(SMALL, 1, rounds);
const many = recorded(SMALL, MANY, rounds);
printFigures({ one, word: (many - one) / (MANY - 1), large: recorded(LARGE, 1, Math.ceil(rounds / 20)) });
