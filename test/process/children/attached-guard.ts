/**
 * The main thread seals a file, and a worker thread has it through attach(): a duplicate of the sealer's own
 * description. The worker cannot open the file once more, and must not change its block map all the same.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { once } from 'node:events';
import { attach, extents, map, seals, type MappingHandle } from '../../../lib/index.js';
import { files } from '../../../lib/files.js';
import { selectBackend } from '../../../lib/backend/select.js';
import { takeDescriptors } from '../../support/take-descriptors.js';

const PAGE = 4096;

interface Ask {
  readonly handle: MappingHandle;
  /** 'no descriptors', 'no proc', 'old kernel' (no descriptors, and F_OFD_GETLK does not tell of own locks). */
  readonly scenario: string;
}

function codeOf(call: () => unknown): string {
  try {
    call();
    return 'done';
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** No descriptor can be opened while `body` runs. */
function without<T>(scenario: string, body: () => T): T {
  const taken = scenario === 'no proc' ? [] : takeDescriptors();
  try {
    return body();
  } finally {
    for (const fd of taken) fs.closeSync(fd);
  }
}

function work({ handle, scenario }: Ask): void {
  const mine = attach(handle);
  const backend = selectBackend('auto');
  // The answer of a kernel before Linux 6.5.
  if (scenario === 'old kernel') backend.files.ownsLock = () => undefined;
  const answers = without(scenario, () => [
    codeOf(() => mine.resize(4 * PAGE)),
    codeOf(() => mine.advise('remove', 0, PAGE)),
    codeOf(() => files.ftruncate(handle.fd, 4 * PAGE)), // the sealer's own descriptor
    codeOf(() => assert.equal(seals.isSealed(handle.fd), true)),
  ]);
  mine.close();
  parentPort?.postMessage(answers);
}

/** Without /proc a descriptor cannot be opened a second time: the error has the remedy. */
function sayByPath(path: string): void {
  const fd = fs.openSync(path, 'r+');
  const mapping = map(fd);
  for (const call of [() => mapping.seal(), () => extents(fd)])
    assert.throws(call, { code: 'ENOENT', message: /without \/proc.*by its path/ });
  mapping.close();
  fs.closeSync(fd);
}

async function main(path: string, scenario: string): Promise<void> {
  if (scenario === 'no proc') assert.throws(() => fs.readFileSync('/proc/locks'), { code: 'ENOENT' });
  fs.writeFileSync(path, Buffer.alloc(2 * PAGE, 1));
  if (scenario === 'no proc') sayByPath(path);
  const mapping = map(path);
  const seal = mapping.seal();
  const worker = new Worker(__filename, { workerData: { handle: mapping.share(), scenario } satisfies Ask });
  const exit = once(worker, 'exit'); // it may come right after the message
  const [answers] = (await once(worker, 'message')) as [string[]];
  await exit;
  // An old kernel is asked about a descriptor of the user's as well as it can be: docs/seals.md.
  if (scenario === 'old kernel') assert.deepEqual(answers, ['EMFILE', 'EMFILE', 'done', 'EMFILE']);
  else
    assert.deepEqual(
      [answers, seal.verify()],
      [['ETXTBSY', 'ETXTBSY', 'ETXTBSY', 'done'], { state: 'held', moved: [] }],
    );
  assert.equal(mapping.buffer[0], 1);
  mapping.close();
  console.log('done');
}

if (isMainThread) void main(process.argv[2] ?? '', process.argv[3] ?? '');
else work(workerData as Ask);
