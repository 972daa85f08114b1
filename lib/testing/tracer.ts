import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend } from '../backend/backend.js';
import { packageRoot } from '../backend/native/find-binary.js';
import { errno, systemError, type SystemError } from '../core/errors.js';

/** The binary of src-native/trace. Its functions return a negative errno where they fail. */
export interface Tracer {
  /** Traces one store. @returns 0 if that works here. */
  probe(): number;
  /** @param loads - 1: the log has the loads, too; otherwise 0. @returns the number of a new log. */
  open(loads: 0 | 1): number;
  /** The stores into these pages, and the loads, go to the log. `place`: of the first byte in the memory. */
  protect(log: number, address: number, length: number, place: number): number;
  /** The end of {@link protect}, before the pages are unmapped. */
  release(address: number): number;
  /** What was logged since the last call; lib/testing/exact-trace.ts has the form. -ENOBUFS: there was too much. */
  take(log: number): ArrayBuffer | number;
  /** The log, and the ends of its pages. */
  close(log: number): number;
}

const BINARY = 'mapdirect_trace.node';
const OTHERWISE = "Use trace: 'diff', which samples the pieces of a word.";

function refused(reason: string): SystemError {
  return systemError(errno.EOPNOTSUPP, 'CrashSimulator', undefined, `${reason} ${OTHERWISE}`);
}

/** Why no binary can help in this process; undefined: one can. */
function obstacle(backend: Backend): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `trace: 'exact' needs the trap flag of x86_64 on Linux, and this is ${process.platform}-${process.arch}.`;
  const other = ['bun', 'deno'].find((name) => process.versions[name] !== undefined);
  if (other !== undefined)
    return `trace: 'exact' takes SIGSEGV and SIGTRAP, which ${other} has for itself: use Node.js.`;
  return backend.capabilities.coherent
    ? undefined
    : `trace: 'exact' needs the native backend: unset MAPDIRECT_BACKEND.`;
}

function pathOfBinary(): string {
  const root = packageRoot();
  if (root === undefined) throw refused("trace: 'exact' needs a binary, and a bundle has none.");
  const path = join(root, 'build', 'Release', BINARY);
  if (existsSync(path)) return path;
  throw refused(
    "trace: 'exact' needs a binary that the package does not ship, and that was not built here. With a C++17 compiler, " +
      `make and python3 installed, run "npm rebuild mapdirect --build-from-source", or "npx node-gyp rebuild" in ${root}.`,
  );
}

function load(path: string): Tracer {
  try {
    return createRequire(path)(path) as Tracer;
  } catch (error) {
    throw refused(`trace: 'exact' needs ${BINARY}, which does not load: ${(error as Error).message}.`);
  }
}

let loaded: Tracer | undefined;

/** @throws EOPNOTSUPP, with the reason and the remedy: stores cannot be traced here. */
export function loadTracer(backend: Backend): Tracer {
  const reason = obstacle(backend);
  if (reason !== undefined) throw refused(reason);
  if (loaded !== undefined) return loaded;
  const tracer = load(pathOfBinary());
  if (tracer.probe() !== 0)
    throw refused("trace: 'exact' needs a CPU that traps after one instruction, and this one (an emulator?) does not.");
  return (loaded = tracer);
}
