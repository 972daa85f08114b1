/** The real node:fs, guarded: its functions in CommonJS and in ES modules, before, during and after the guard. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import type { Writable } from 'node:stream';
import { join } from 'node:path';
import { once } from 'node:events';
import { files } from '../../../lib/files.js';
import { sealPath } from '../../support/sealed.js';

type FsModule = Pick<typeof fs, 'writeFileSync' | 'openSync'> & { default: typeof fs };
const busy = { code: 'ETXTBSY' };

/** The code of the error that ends a stream. */
async function failureOf(stream: Writable): Promise<unknown> {
  stream.end('x');
  const [error] = (await once(stream, 'error')) as [NodeJS.ErrnoException];
  return error.code;
}

/** Functions alone: node:fs makes some of its properties when they are first read. */
function functionsOf(object: object): Map<string, unknown> {
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(object) as Record<string, PropertyDescriptor>);
  return new Map(
    descriptors.filter(([, { value }]) => typeof value === 'function').map(([name, descriptor]) => [name, descriptor]),
  );
}

async function refused(
  path: string,
  esm: FsModule,
  promised: typeof fs.promises,
  handle: fs.promises.FileHandle,
): Promise<void> {
  assert.throws(() => fs.writeFileSync(path, 'x'), busy);
  assert.throws(() => esm.writeFileSync(path, 'x'), busy);
  assert.throws(() => esm.default.openSync(path, 'w'), busy);
  assert.throws(() => fs.appendFileSync(path, Buffer.from('x')), busy);
  await assert.rejects(promised.writeFile(path, 'x'), busy);
  await assert.rejects(handle.truncate(0), busy);
  await assert.rejects(handle.appendFile('past its end, as the position is there'), busy);
  assert.equal(await failureOf(fs.createWriteStream(path)), 'ETXTBSY');
  assert.equal(await failureOf(fs.createWriteStream(path, { flags: 'a' })), 'ETXTBSY');
  assert.equal(await failureOf(handle.createWriteStream({ start: 7 })), 'ETXTBSY');
  assert.equal(fs.readFileSync(path, 'latin1'), 'content');
}

async function main(): Promise<void> {
  const path = join(tmpdir(), `mapdirect-test-${process.pid}`);
  const before = functionsOf(fs);
  const promisesBefore = functionsOf(fs.promises);
  fs.writeFileSync(path, 'content');
  const handle = await fs.promises.open(path, 'r+');
  await handle.read(Buffer.alloc(7), 0, 7);
  const esm = (await import('node:fs')) as FsModule;
  const promised = (await import('node:fs/promises')) as typeof fs.promises;
  const original = esm.writeFileSync;
  const seal = sealPath(path);
  const undo = files.guard(fs);
  assert.notEqual(esm.writeFileSync, original);
  await (await fs.promises.open(path)).close();
  await refused(path, esm, promised, handle);
  undo();
  assert.equal(esm.writeFileSync, original);
  const after = functionsOf(fs);
  for (const [name, descriptor] of before) assert.deepEqual(after.get(name), descriptor);
  assert.deepEqual(functionsOf(fs.promises), promisesBefore);
  fs.appendFileSync(path, '!'); // the guard has been taken away
  seal.release();
  await handle.close();
  fs.unlinkSync(path);
  console.log('done');
}

void main();
