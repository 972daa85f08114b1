/**
 * The fields of a handle change after they were read. The checked values are mapped. A page past the end of the file
 * would be SIGBUS.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { attach, map, type MappingHandle } from '../../../lib/index.js';

const PAGE = 4096;

/** `field` is as it should be for `times` reads, and `later` after them. */
function changing(handle: MappingHandle, field: string, times: number, later: unknown): MappingHandle {
  let reads = 0;
  return new Proxy(handle, {
    get: (target, key): unknown => (key === field && reads++ >= times ? later : Reflect.get(target, key)),
  });
}

const path = process.argv[2] ?? '';
writeFileSync(path, Buffer.alloc(PAGE, 1));
const owner = map(path);
for (const [field, later] of [
  ['length', 10 * PAGE],
  ['offset', 4 * PAGE],
  ['slot', 2 ** 32],
  ['access', 'copy'],
  ['backend', 'emulated'],
] as const) {
  for (let times = 1; times <= 4; times++) {
    const mapping = attach(changing(owner.share(), field, times, later));
    assert.deepEqual(
      [mapping.length, mapping.offset, mapping.access, mapping.durability.backend],
      [PAGE, 0, 'write', 'native'],
    );
    for (let at = 0; at < mapping.length; at++) assert.equal(mapping.buffer[at], 1);
    mapping.close();
  }
}
owner.close();
console.log('done');
