// The file becomes shorter while a stream reads it: no lost byte is handed out. Arguments: FILE, and when it happens:
// 'ahead' of the part that was brought into memory, or 'inside' that part.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { buffer as collect } from 'node:stream/consumers';
import { map } from '../../../lib/index.js';

const [path = '', when = ''] = process.argv.slice(2);
const PAGE = 4096;
const MIB = 2 ** 20;

async function main(): Promise<void> {
  const content = fs.readFileSync(path);
  const mapping = map(path, { access: 'read' });
  const stream = mapping.createReadStream({ highWaterMark: PAGE });
  const end = when === 'ahead' ? 2 * MIB + PAGE : 16 * PAGE;
  const got: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => {
    if (got.length === 0) fs.truncateSync(path, end);
    got.push(chunk);
  });
  const [error] = (await once(stream, 'error')) as [NodeJS.ErrnoException & { offset: number; reason: string }];
  const bytes = Buffer.concat(got);
  assert.ok(bytes.length <= end && bytes.equals(content.subarray(0, bytes.length)));
  if (error.code === 'EFAULT') {
    process.stdout.write('EFAULT\n');
    return;
  }
  assert.deepEqual([error.code, error.offset, error.reason], ['ERR_MAPPING_FAULT', end, 'truncated']);
  assert.equal(mapping.faulted, true);
  const healthy = await collect(mapping.createReadStream({ end: end - 1 }));
  assert.ok(healthy.equals(content.subarray(0, end)));
  await assert.rejects(collect(mapping.createReadStream({ start: end })), { code: 'ERR_MAPPING_FAULT', offset: end });
  fs.truncateSync(path, content.length);
  mapping.remap();
  const all = await collect(mapping.createReadStream());
  assert.ok(all.equals(Buffer.concat([content.subarray(0, end), Buffer.alloc(content.length - end)])));
  await mapping.closeAsync();
  process.stdout.write('done\n');
}

void main();
