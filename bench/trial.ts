import type { Figures } from './benchmark.js';
import { type Layout, parseLayout } from './layout.js';

/** How many operations run between two turns of the event loop: finalizers run only there. */
const OPERATIONS_PER_TURN = 200;

/** A turn of the event loop: what garbage collection left to be finalized is finalized. */
export function loopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Prints what a trial found: one line of JSON, read by the runner. */
export function printFigures(figures: Figures): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

/** The trial's n-th argument (0-based). @throws TypeError when it is missing. */
export function argument(n: number): string {
  const value = process.argv[2 + n];
  if (value === undefined) throw new TypeError(`argument ${n} is missing`);
  return value;
}

/** The arguments from the n-th on, as layouts. @throws TypeError when there is none. */
export function layoutArguments(n: number): Layout[] {
  argument(n);
  return process.argv.slice(2 + n).map(parseLayout);
}

/** @throws TypeError when it is not a positive integer. */
export function numericArgument(n: number): number {
  const value = Number(argument(n));
  if (!Number.isSafeInteger(value) || value <= 0) throw new TypeError(`argument ${n} must be a positive integer`);
  return value;
}

/** One value, as each of the figures that the arguments from the n-th on name. */
export function asFigures(n: number, value: number): Figures {
  return Object.fromEntries(process.argv.slice(2 + n).map((name) => [name, value]));
}

/** Nanoseconds that `operation` takes, once. */
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
 * Nanoseconds per operation over `count` of them, garbage collection and finalizers included: what is dropped in the
 * loop is paid for in the loop. A tenth of them runs before the clock starts, so that the code is compiled and the
 * garbage of that tenth stands for the garbage that the end of the loop leaves behind.
 */
export async function nanosecondsPerOperation(operation: () => void, count: number): Promise<number> {
  await timeOperations(operation, Math.ceil(count / 10));
  return (await timeOperations(operation, count)) / count;
}
