// A buffer that says it is longer than it is: node:fs believes it and aborts the process; the guarded operations ask
// the language.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { files } from '../../../lib/index.js';

class Liar extends Uint8Array {
  override get byteLength(): number {
    return 1e6;
  }
}
class LiarView extends (DataView as new (buffer: ArrayBuffer) => DataView) {
  override get byteLength(): number {
    return 1e6;
  }
}

const [path = ''] = process.argv.slice(2);
const bytes = (): Liar => new Liar([1, 2, 3]);

async function main(): Promise<void> {
  fs.writeFileSync(path, '');
  const fd = fs.openSync(path, 'r+');
  assert.equal(files.write(fd, bytes()), 3);
  assert.throws(() => files.write(fd, bytes(), 0, 4), { code: 'ERR_OUT_OF_RANGE' });
  assert.equal(files.append(fd, bytes()), 3);
  assert.equal(files.append(path, new LiarView(new ArrayBuffer(2))), 2);
  assert.equal(await files.promises.write(fd, bytes(), 1, 2, 0), 2);
  assert.equal(await files.promises.append(path, bytes()), 3);
  fs.closeSync(fd);
  assert.deepEqual([...fs.readFileSync(path)], [2, 3, 3, 1, 2, 3, 0, 0, 1, 2, 3]);
  const detached = new DataView(new ArrayBuffer(8));
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  assert.throws(() => files.append(path, detached), { code: 'ERR_INVALID_ARG_TYPE' });
  process.stdout.write('done\n');
}

void main();
