// A worker thread touches lost pages. Arguments: FILE (16 pages of watermark), HOW: see `makers`.
import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { attach, map, type Mapping, type MappingHandle } from '../../../../lib/index.js';
import { PAGE } from '../../../support/sizes.js';
import { Loss } from './loss.js';

interface Task {
  readonly path: string;
  readonly how: string;
}

const lost = { offset: 4 * PAGE, length: 12 * PAGE };

/** The next message of the other side. */
function message(port: { once(event: 'message', heard: (value: unknown) => void): unknown }): Promise<unknown> {
  return new Promise((resolve) => void port.once('message', resolve));
}

async function work({ path, how }: Task): Promise<void> {
  assert.ok(parentPort);
  parentPort.postMessage('began');
  const handle = (await message(parentPort)) as MappingHandle;
  using mapping: Mapping = how.includes('attach') ? attach(handle) : map(path);
  const loss = new Loss(mapping, path);
  parentPort.postMessage('mapped');
  await message(parentPort);
  assert.ok(mapping.view(lost.offset, lost.length).every((byte) => byte === 0));
  await loss.check(lost, 'truncated');
  parentPort.postMessage('checked');
  if (how.includes('terminated')) await new Promise(() => undefined);
}

async function main(): Promise<void> {
  const [path = '', how = ''] = process.argv.slice(2);
  const first = how.includes('before the guard') ? undefined : map(path);
  const worker = new Worker(__filename, { workerData: { path, how } satisfies Task });
  await message(worker);
  using mapping = first ?? map(path);
  const loss = new Loss(mapping, path);
  worker.postMessage(mapping.share());
  assert.equal(await message(worker), 'mapped');
  truncateSync(path, lost.offset);
  worker.postMessage('truncated');
  assert.equal(await message(worker), 'checked');

  // This mapping has not met the loss yet.
  assert.equal(mapping.faulted, false);
  if (how.includes('terminated')) await worker.terminate();
  assert.equal(mapping.view(lost.offset, 1)[0], 0);
  await loss.check(lost, 'truncated');
  await loss.checkRemap(lost);
  process.stdout.write('done\n');
}

if (isMainThread) void main();
else void work(workerData as Task);
