import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Why system calls cannot be counted here; undefined when they can. */
export function missingStrace(): string | undefined {
  const { error, status } = spawnSync('strace', ['-o', '/dev/null', 'true']);
  if (error !== undefined) return 'no strace: apt-get install strace';
  return status === 0 ? undefined : 'ptrace(2) is forbidden here: docker run --cap-add SYS_PTRACE';
}

/** How many system calls the main thread of a program makes; of other threads none is counted. */
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
 * System calls of one operation: of a program that does it `count` times more often than another run of it, divided by that. What
 * the garbage collector asks for is in it, and shows as hundredths.
 *
 * @param args - of node, for so many operations.
 */
export function callsPerOperation(args: (operations: number) => readonly string[], count: number): number {
  const few = countCalls(process.execPath, args(count));
  return (countCalls(process.execPath, args(2 * count)) - few) / count;
}
