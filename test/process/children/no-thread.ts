// No thread can be started: an asynchronous call is EAGAIN, and everything goes on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { map } from '../../../lib/index.js';

const [path = ''] = process.argv.slice(2);

function limitAddressSpace(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--as=${bytes}:unlimited`]);
}

function addressSpace(): number {
  return 1024 * Number(/VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
}

async function main(): Promise<void> {
  const mapping = map(path);
  using other = map(path);
  mapping.view(0, 8).fill(1);
  limitAddressSpace(addressSpace() + 2 ** 21); // less than the stack of a thread
  const first = mapping.persistAsync(0, 8);
  const second = mapping.prefetch();
  limitAddressSpace('unlimited');
  const refused = { code: 'EAGAIN', syscall: 'msync', message: /no thread could be started/ };
  await assert.rejects(first, refused);
  await assert.rejects(second, { code: 'EAGAIN', syscall: 'madvise' });
  mapping.persist(); // nothing was told of the file itself
  other.persist();
  await mapping.persistAsync();
  mapping.close();
  assert.equal(readFileSync(path)[7], 1);
  process.stdout.write('done\n');
}

void main();
