// In the guest: the program that checks a kernel's MAP_DIRECT (test/vm/map-direct/check.c). Arguments: PROGRAM MODE
// NAME
import { spawnSync } from 'node:child_process';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';

const [, , program = '', mode = '', name = ''] = process.argv;
const { stdout, stderr, status, signal } = spawnSync(program, [mode, prepare(placeOf(name))], {
  encoding: 'utf8',
  timeout: 120_000,
});
for (const line of stdout.split('\n')) {
  const [, word = '', text = ''] = /^(passed|failed|note) (.*)$/.exec(line) ?? [];
  if (word === 'note') process.stdout.write(`vm-note: ${name}: ${text}\n`);
  else if (word !== '') process.stdout.write(`vm-test: ${word} ${name}: ${text}\n`);
}
if (status !== 0 && status !== 1)
  process.stdout.write(`vm-test: failed ${name}: the check itself ended with ${signal ?? status} ${stderr.trim()}\n`);
