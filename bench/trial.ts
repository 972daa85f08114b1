import type { Figures } from './benchmark.js';
import { type Layout, parseLayout } from './layout.js';

/** The number of operations between two turns of the event loop. Finalizers run only between turns. */
const OPERATIONS_PER_TURN = 200;

/** Waits for the next turn of the event loop. Finalizers of collected objects run before it. */
export function loopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Prints the result of a trial: one line of JSON for the runner. */
export function printFigures(figures: Figures): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

/** The n-th argument of the trial, from 0. @throws TypeError if it is missing. */
export function argument(n: number): string {
  const value = process.argv[2 + n];
  if (value === undefined) throw new TypeError(`argument ${n} is missing`);
  return value;
}

/** The n-th and all later arguments, as layouts. @throws TypeError if there is none. */
export function layoutArguments(n: number): Layout[] {
  argument(n);
  return process.argv.slice(2 + n).map(parseLayout);
}

/** The n-th argument as a number. @throws TypeError if it is not a positive integer. */
export function numericArgument(n: number): number {
  const value = Number(argument(n));
  if (!Number.isSafeInteger(value) || value <= 0) throw new TypeError(`argument ${n} must be a positive integer`);
  return value;
}

/** One value for each figure that the n-th and all later arguments name. */
export function asFigures(n: number, value: number): Figures {
  return Object.fromEntries(process.argv.slice(2 + n).map((name) => [name, value]));
}

/** The nanoseconds of one call of `operation`. */
export function nanoseconds(operation: () => void): number {
  const start = process.hrtime.bigint();
  operation();
  return Number(process.hrtime.bigint() - start);
}

async function timeOperations(operation: () => void, count: number): Promise<number> {
  const start = process.hrtime.bigint();
  for (let done = 0; done < count; done++) {
    operation();
    if (done % OPERATIONS_PER_TURN === OPERATIONS_PER_TURN - 1) await loopTurn();
  }
  return Number(process.hrtime.bigint() - start);
}

/**
 * Nanoseconds per operation, over `count` operations. Garbage collection and finalizers are part of the time. A tenth
 * of `count` runs before the clock starts. It compiles the code, and its garbage is collected in place of the garbage
 * that the end of the loop leaves.
 */
export async function nanosecondsPerOperation(operation: () => void, count: number): Promise<number> {
  await timeOperations(operation, Math.ceil(count / 10));
  return (await timeOperations(operation, count)) / count;
}
