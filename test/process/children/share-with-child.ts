// A child process attaches with the descriptor it inherited as 3; a second run of this script is that child.
import assert from 'node:assert/strict';
import { spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { anonymous, attach, map, type Mapping } from '../../../lib/index.js';

type Handle = ReturnType<Mapping['share']>;
const [task = '', handleText = '', fdText] = process.argv.slice(2);

function inChild(): void {
  const handle = JSON.parse(handleText) as Handle;
  if (task === 'no descriptor') assert.throws(() => attach(handle), { code: 'EBADF' });
  else if (task === 'wrong file') assert.throws(() => attach(handle, { fd: Number(fdText) }), { code: 'ESTALE' });
  else {
    const mapping = attach(handle, { fd: Number(fdText) });
    assert.equal(mapping.buffer.toString('latin1', 0, 6), 'parent');
    closeSync(Number(fdText)); // ours is another one
    mapping.buffer.write('child');
    mapping.close();
  }
}

async function runTask(name: string, handle: Handle, inherited?: number): Promise<void> {
  const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', inherited ?? 'ignore'];
  const child = spawn(process.execPath, [__filename, name, JSON.stringify(handle), '3'], { stdio });
  assert.deepEqual(await once(child, 'exit'), [0, null]);
}

async function main(path: string): Promise<void> {
  for (const mapping of [map(path), anonymous(8192, { name: 'for-a-child' })]) {
    mapping.buffer.write('parent');
    await runTask('attach', mapping.share(), mapping.fd);
    assert.equal(mapping.buffer.toString('latin1', 0, 6), 'childt');
    await runTask('no descriptor', mapping.share());
    writeFileSync(`${path}.other`, Buffer.alloc(65536));
    const wrong = openSync(`${path}.other`, 'r+');
    await runTask('wrong file', mapping.share(), wrong);
    closeSync(wrong);
    mapping.close();
  }
  process.stdout.write('done\n');
}

if (fdText === undefined) void main(task);
else inChild();
