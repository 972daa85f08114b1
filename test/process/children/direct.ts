// On a kernel with MAP_DIRECT. hold: seals the file and waits to be killed. collect: a dropped mapping is collected,
// and the kernel's seal with it. worker: a thread that is terminated leaves no seal. Arguments: MODE FILE
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { map, seals, stats } from '../../../lib/index.js';
import { eventually } from './inspect.js';

const [, , mode = '', path = ''] = process.argv;
const size = fs.statSync(path).size;

/** Without the package: nothing guards node:fs here. */
function isRefused(): boolean {
  try {
    fs.truncateSync(path, size);
    return false;
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ETXTBSY');
    return true;
  }
}

function sealAndDrop(): void {
  const mapping = map(path, { direct: { enforcement: 'kernel' } });
  mapping.buffer[0] = 1;
  assert.equal(mapping.seals[0]?.enforcement, 'kernel');
}

async function collect(): Promise<void> {
  sealAndDrop();
  assert.equal(isRefused(), true);
  await eventually('the kernel lets go', () => !isRefused());
  await eventually('it is counted', () => stats().leaked === 1 && seals.list().length === 0);
}

async function terminate(): Promise<void> {
  const worker = new Worker(__filename, { argv: process.argv.slice(2) });
  await once(worker, 'message');
  assert.equal(isRefused(), true);
  await worker.terminate();
  await eventually('the kernel lets go', () => !isRefused());
}

async function main(): Promise<void> {
  if (mode === 'collect') await collect();
  else if (isMainThread && mode === 'worker') await terminate();
  else {
    const mapping = map(path, { direct: 'require' });
    assert.equal(mapping.seals[0]?.enforcement, 'kernel');
    if (parentPort !== null) parentPort.postMessage('sealed');
    else process.stdout.write('sealed\n');
    setInterval(() => mapping.length, 2 ** 30);
    return;
  }
  process.stdout.write('done\n');
}

void main();
