import { runInThisContext } from 'node:vm';
import { heldLocks } from '../writer-lock/lock-file.js';

type Host = Record<symbol, (() => void) | undefined>;

/** The global object that scripts of runInThisContext() see. In jest it is not the one of this file. */
const host = runInThisContext('globalThis') as Host;
const KEY = Symbol('mapdirect.testing.run');
const KEYS = Symbol.for('mapdirect.testing.key');
const SCRIPT = "globalThis[globalThis[Symbol.for('mapdirect.testing.key')]]()";

function isTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

/**
 * Runs `task` on this thread, and ends it after that time, even in a loop without end: a thread of Node's vm module
 * terminates it. Then no `finally` of the task runs, so the writer locks that it has taken are released here.
 *
 * @returns false: it was ended.
 */
export function runWithin(milliseconds: number, task: () => void): boolean {
  (host as Record<symbol, unknown>)[KEYS] = KEY;
  host[KEY] = task;
  const before = new Set(heldLocks);
  try {
    runInThisContext(SCRIPT, { timeout: milliseconds });
    return true;
  } catch (error) {
    if (!isTimeout(error)) throw error;
    for (const lock of heldLocks) if (!before.has(lock)) lock.close();
    return false;
  } finally {
    Reflect.deleteProperty(host, KEY);
    Reflect.deleteProperty(host, KEYS);
  }
}
