// The writer is killed, and the next one, in this process, waits already. Arguments: FILE COUNT PACKAGE [holder]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileLocks } from '../rivals/npm/file-locks.js';
import { median, quantile } from '../statistics.js';
import { argument, numericArgument, printFigures } from '../trial.js';

/** By then a wait that polls has its longest interval. */
const SETTLE_MS = 50;
/** The kill comes at any moment of an interval. */
const SPREAD_MS = 16;

const [file, count, name] = [argument(0), numericArgument(1), argument(2)];
const { acquire, acquireAsync } = fileLocks(name);

/** @returns nanoseconds from kill(2) until the waiting call has the lock. */
async function takeOver(round: number): Promise<number> {
  const args = [__filename, file, String(count), name, 'holder'];
  const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(holder, 'close');
  await once(holder.stdout, 'data');
  const taken = acquireAsync(file);
  await sleep(SETTLE_MS + (SPREAD_MS * round) / count);
  const start = process.hrtime.bigint();
  holder.kill('SIGKILL');
  const release = await taken;
  const time = Number(process.hrtime.bigint() - start);
  release();
  await closed;
  return time;
}

async function main(): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < count; round++) times.push(await takeOver(round));
  printFigures({ takeover: median(times), slowest: quantile(times, 0.9) });
}

if (process.argv.at(-1) === 'holder') {
  acquire(file);
  process.stdout.write('held\n');
  setInterval(() => {}, 1000);
} else {
  void main();
}
