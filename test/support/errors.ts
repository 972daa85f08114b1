import { expect } from '@jest/globals';

/** An error as this package throws it; the last four on failed system calls only. */
export interface Thrown extends Error {
  readonly code: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
}

/** The error that `call` throws. The test fails if it throws none. */
export function thrown(call: () => unknown): Thrown {
  try {
    call();
  } catch (error) {
    return error as Thrown;
  }
  throw new Error('it should have thrown and did not');
}

/** The reason of a rejected promise. The test fails if it is fulfilled. */
export async function rejected(promise: Promise<unknown>): Promise<Thrown> {
  try {
    await promise;
  } catch (error) {
    return error as Thrown;
  }
  throw new Error('it should have been rejected and was not');
}

/**
 * Holds an error against the shape that every failed system call has: code, negative errno, syscall, path, a sentence.
 */
export function expectSystemError(error: Thrown, code: string, syscall: string, path?: string): void {
  expect({ code: error.code, syscall: error.syscall, path: error.path }).toEqual({ code, syscall, path });
  expect(error.errno).toBeLessThan(0);
  const start = path === undefined ? `${code}: ${syscall}` : `${code}: ${syscall} '${path}'`;
  expect(error.message.startsWith(start)).toBe(true);
  // The sentence with the remedy.
  expect(error.message.slice(start.length)).toMatch(/^: .{12,}/s);
}

/** Holds an error against the shape of a misuse: Node's own code, and the argument by name. */
export function expectMisuse(error: Thrown, code: string, argument: string): void {
  expect({ code: error.code, names: error.message.includes(`"${argument}"`) ? argument : error.message }).toEqual({
    code,
    names: argument,
  });
  expect(error.name).toBe(code === 'ERR_OUT_OF_RANGE' ? 'RangeError' : 'TypeError');
  expect(error.message).toContain('Received');
}
