import { spawnSync } from 'node:child_process';
import { placeOf, type Place } from '../layout.js';
import { prepare } from './mounts.js';

/** A check of one place: `at` is the directory on its file system, or its device. */
export type Check = readonly [title: string, run: (at: string) => void | Promise<void>];

const CHILD = 'child';

async function runChecks(place: Place, checks: readonly Check[]): Promise<void> {
  const at = prepare(place, true);
  for (const [title, run] of checks) {
    process.stdout.write(`begins: ${title}\n`);
    try {
      await run(at);
      process.stdout.write(`vm-test: passed ${place.name}: ${title}\n`);
    } catch (error) {
      const text = String((error as Error).stack).replace(/\n/g, '\nvm-note: ');
      process.stdout.write(`vm-test: failed ${place.name}: ${title}\nvm-note: ${text}\n`);
    }
  }
}

/** Runs this program again; prints what that child printed, and its death. */
function supervise(place: Place): void {
  prepare(place);
  const args = [...process.execArgv, ...process.argv.slice(1, 3), CHILD];
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 300_000 });
  process.stdout.write(stdout);
  if (status === 0) return;
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  process.stdout.write(`vm-test: failed ${place.name}: the process ended (${signal ?? status}) after: ${last}\n`);
  process.stdout.write(`vm-note: ${stderr.trimEnd().replace(/\n/g, '\nvm-note: ')}\n`);
}

/**
 * The main function of a script with the argument NAME, whose checks can kill the process: a child runs them. If it
 * dies, that is a failure with its signal.
 */
export function runSupervised(checksOf: (place: Place) => readonly Check[]): void {
  const [, , name = '', role] = process.argv;
  const place = placeOf(name);
  if (role === CHILD) void runChecks(place, checksOf(place));
  else supervise(place);
}
