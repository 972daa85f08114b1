// Gives every byte of a sparse file a written block. 'seal': ours. 'dd': fallocate(1), then dd(1) of zeros with fsync.
// Arguments: FILE BYTES seal|dd
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { map } from '../../lib/index.js';
import { argument, nanoseconds, numericArgument, printFigures } from '../trial.js';

const [file, size] = [argument(0), numericArgument(1)];
const MIB = 2 ** 20;

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
}

function withTools(): void {
  run('fallocate', '-l', String(size), file);
  run('dd', 'if=/dev/zero', `of=${file}`, `bs=${MIB}`, `count=${size / MIB}`, 'conv=notrunc,fsync', 'status=none');
}

function sealed(): void {
  const mapping = map(file);
  mapping.seal().release();
  mapping.close();
}

fs.writeFileSync(file, '');
fs.truncateSync(file, size);
const prepare = nanoseconds(argument(2) === 'dd' ? withTools : sealed);
fs.unlinkSync(file);
printFigures({ prepare });
