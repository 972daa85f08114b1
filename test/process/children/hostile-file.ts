// A file that would make open(2) wait: map() does not wait for it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { map } from '../../../lib/index.js';

const [path = '', role] = process.argv.slice(2);

function hold(): void {
  map(path).seal({ policy: 'refuse', enforcement: 'lease' });
  process.stdout.write('held\n');
  setInterval(() => undefined, 1000);
}

async function main(): Promise<void> {
  const pipe = `${path}.pipe`;
  execFileSync('mkfifo', [pipe]);
  for (const access of ['read', 'write'] as const) assert.throws(() => map(pipe, { access }), { code: 'ENODEV' });
  const holder = spawn(process.execPath, [__filename, path, 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(holder.stdout, 'data');
    assert.throws(() => map(path), { code: 'EAGAIN' }); // it would wait for minutes
  } finally {
    holder.kill('SIGKILL');
  }
  process.stdout.write('done\n');
}

if (role === 'hold') hold();
else void main();
