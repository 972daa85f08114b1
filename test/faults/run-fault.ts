import { runChild, type ChildOptions, type ChildResult } from '../support/run-child.js';

/** A handler that goes wrong can return to the same fault for ever. */
const LIMIT_MS = 60_000;

/** Runs test/process/children/faults/NAME. Rejects if it does not end. */
export function runFault(name: string, args: readonly string[], options: ChildOptions = {}): Promise<ChildResult> {
  return runChild(`faults/${name}`, args, { limit: LIMIT_MS, ...options });
}
