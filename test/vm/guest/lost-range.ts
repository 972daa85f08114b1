import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { constants, type Mapping, type MappingEvents } from '../../../lib/index.js';

/** A file of numbered pages, and the assertions about a range of it that is lost. */

type Fault = MappingEvents['fault'];

export const PAGE = constants.PAGE_SIZE;
export const LENGTH = 16 * PAGE;
/** The page that is lost. */
export const BAD = 3 * PAGE;

/** A file whose pages are all on the disk: page `i` has bytes of `i`. */
export function numberedFile(directory: string, name: string): string {
  const file = path.join(directory, name);
  fs.writeFileSync(file, Buffer.concat(Array.from({ length: LENGTH / PAGE }, (_, i) => Buffer.alloc(PAGE, i))));
  const fd = fs.openSync(file, 'r');
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  return file;
}

/** The bytes of a page by read(2). @throws EIO. */
export function readPage(file: string, offset: number): Buffer {
  const fd = fs.openSync(file, 'r');
  try {
    const page = Buffer.alloc(PAGE);
    fs.readSync(fd, page, 0, PAGE, offset);
    return page;
  } finally {
    fs.closeSync(fd);
  }
}

/** The faults of a mapping from now on. */
export function faultsOf(mapping: Mapping): Fault[] {
  const faults: Fault[] = [];
  mapping.on('fault', (fault) => faults.push(fault));
  return faults;
}

/** Each call that would make bytes of the range durable names the fault. */
export async function assertLost(mapping: Mapping, fault: Fault): Promise<void> {
  assert.equal(mapping.faulted, true);
  const { offset } = fault;
  const expected = { code: 'ERR_MAPPING_FAULT', ...fault };
  assert.throws(() => mapping.persist(offset, 8), expected);
  assert.throws(() => mapping.persist(), expected);
  assert.throws(() => mapping.flush(offset + 100, 1), expected);
  assert.throws(() => mapping.write(Buffer.from('lost'), offset), expected);
  assert.throws(() => mapping.fill(1, offset, 64), expected);
  assert.throws(() => mapping.persistRanges([[0, 64], [offset, 64]]), expected); // prettier-ignore
  assert.throws(() => mapping.deepPersist(offset, 8), expected);
  await assert.rejects(mapping.persistAsync(offset, 8), expected);
  assert.throws(() => mapping.drain(), expected);
  mapping.drain(); // once
}

/** The page before the lost range is as durable as ever. `file`: undefined for memory without a name. */
export function assertHealthy(mapping: Mapping, file: string | undefined): void {
  const at = BAD - PAGE;
  mapping.write(Buffer.alloc(PAGE, 0x11), at);
  mapping.view(at, 5).fill(0x22);
  mapping.persist(at, 5);
  mapping.persistRanges([[at, 64]]);
  assert.equal(mapping.view(at + 5, 1)[0], 0x11);
  if (file === undefined) return;
  assert.deepEqual(readPage(file, at), Buffer.concat([Buffer.alloc(5, 0x22), Buffer.alloc(PAGE - 5, 0x11)]));
}
