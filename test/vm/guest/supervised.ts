import { spawn } from 'node:child_process';
import fs from 'node:fs';
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

/** A check takes some seconds. */
const LIMIT_MS = 200_000;
const KILL_MS = 5_000;

/** Where the threads of a process wait in the kernel, for a device for instance: no signal ends such a process. */
function kernelStacks(pid: number): string {
  const threads = `/proc/${pid}/task`;
  try {
    return fs
      .readdirSync(threads)
      .map((thread) => `thread ${thread}:\n${fs.readFileSync(`${threads}/${thread}/stack`, 'latin1')}`)
      .join('');
  } catch (error) {
    return String(error);
  }
}

function printFailure(place: Place, text: string, notes: string): void {
  process.stdout.write(`vm-test: failed ${place.name}: ${text}\n`);
  process.stdout.write(`vm-note: ${notes.trimEnd().replace(/\n/g, '\nvm-note: ')}\n`);
}

/** Runs this program again. Prints what that child prints, and its death, or the place where it hangs. */
function supervise(place: Place): void {
  prepare(place);
  const args = [...process.execArgv, ...process.argv.slice(1, 3), CHILD];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const last = (): string => stdout.trimEnd().split('\n').at(-1) ?? '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timer = setTimeout(() => {
    const stacks = kernelStacks(child.pid ?? 0);
    printFailure(place, `still runs after ${LIMIT_MS / 1000} s: ${last()}`, `${stderr}${stacks}`);
    child.removeAllListeners('close');
    child.kill('SIGKILL');
    setTimeout(() => process.exit(), KILL_MS); // also if the child waits in the kernel, where no signal ends it
  }, LIMIT_MS);
  child.on('close', (status, signal) => {
    clearTimeout(timer);
    if (status !== 0) printFailure(place, `the process ended (${signal ?? status}) after: ${last()}`, stderr);
  });
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
