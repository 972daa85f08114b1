import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment } from '../support/clean-environment.js';
import { inPrivate } from '../support/private-mounts.js';
import type { ModelRun } from './run.js';

/** Why no small file system can be mounted here, with the remedy; undefined: it can. */
export function missingSmallPlace(): string | undefined {
  const [program = '', ...args] = [...inPrivate, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'];
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return undefined;
  const why = (error?.message ?? stderr).split('\n')[0];
  return `a small tmpfs cannot be mounted (${why}): run as root where mounts are allowed, e.g. docker run --privileged`;
}

/** Runs the model in a process of its own. Rejects with its output if it fails. */
export function runSession({ backend, place, runs, seed }: ModelRun): Promise<void> {
  const options = { backend, place, runs, seed };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const node = [process.execPath, join(__dirname, 'session.js'), ...args];
  const [program = '', ...rest] = place === 'small' ? [...inPrivate, ...node] : node;
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: cleanEnvironment() });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`seed ${seed}, ${backend}, ${place}: ended with ${signal ?? code}\n${said}`));
    });
  });
}
