/** MAP_32BIT: a mapping, and the address space that it reserves, lies below 2^31. */
import assert from 'node:assert/strict';
import { constants, map } from '../../../lib/index.js';

const MAP_32BIT = 0x40;

function check(path: string, reserve: number | undefined): void {
  for (const access of ['read', 'write', 'copy'] as const) {
    using mapping = map(path, { reserve, access, flags: MAP_32BIT });
    assert.ok(mapping.address + BigInt(reserve ?? mapping.length) <= 2n ** 31n, `${mapping.address}`);
    assert.equal(mapping.flags & MAP_32BIT, MAP_32BIT);
  }
}

const path = process.argv[2] ?? '';
check(path, undefined);
check(path, 256 * constants.PAGE_SIZE);
console.log('done');
