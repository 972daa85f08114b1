import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { Scratch } from '../support/scratch.js';
import { CLI } from '../support/paths.js';

const scratch = new Scratch();

/** Runs the demo in a directory for temporary files of its own, until it starts its writer. */
async function demo(): Promise<{ program: ReturnType<typeof spawn>; directory: string; ended: Promise<unknown[]> }> {
  const directory = scratch.path('tmp');
  mkdirSync(directory);
  // A full file ends the demo by itself, and a small file is full within a second.
  const program = spawn(process.execPath, [CLI, 'demo', '--seconds', '60', '--size', '1G'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, TMPDIR: directory },
  });
  const ended = once(program, 'exit');
  let printed = '';
  for await (const text of program.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    printed += text;
    if (printed.includes('Then it is killed.')) break;
  }
  program.stdout.resume();
  expect(readdirSync(directory)).toHaveLength(1);
  return { program, directory, ended };
}

test.each([1, 3, 10])('a second signal %d ms after the first does not stop the clean-up', async (gap) => {
  const { program, directory, ended } = await demo();
  program.kill('SIGTERM');
  const until = performance.now() + gap;
  while (performance.now() < until);
  program.kill('SIGTERM');
  expect(await ended).toEqual([null, 'SIGTERM']);
  expect(readdirSync(directory)).toEqual([]);
});
