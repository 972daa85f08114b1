import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The reason why system calls cannot be counted here, with the remedy; undefined: they can. */
export function missingStrace(): string | undefined {
  const { error, status } = spawnSync('strace', ['-o', '/dev/null', 'true']);
  if (error !== undefined) return 'no strace: apt-get install strace';
  return status === 0 ? undefined : 'ptrace(2) is forbidden here: docker run --cap-add SYS_PTRACE';
}

/** The number of system calls of a program's main thread. Calls of other threads are not counted. */
function countCalls(program: string, args: readonly string[]): number {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mapdirect-bench-calls-'));
  const log = path.join(directory, 'log');
  try {
    const { status, stderr } = spawnSync('strace', ['-qq', '-o', log, program, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`strace ended with ${status}: ${stderr}`);
    return fs.readFileSync(log, 'latin1').split('\n').length;
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * The system calls of one operation. Two runs of a program differ by `count` operations, and the difference of their
 * calls is divided by `count`. Calls of the garbage collector are part of it, and add a few hundredths.
 *
 * @param args - the arguments of node for a number of operations.
 */
export function callsPerOperation(args: (operations: number) => readonly string[], count: number): number {
  const few = countCalls(process.execPath, args(count));
  return (countCalls(process.execPath, args(2 * count)) - few) / count;
}
