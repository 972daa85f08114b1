// Which part of a mapping is lost when its file is cut. Arguments: FILE (16 pages of watermark), CASE.
import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, truncateSync } from 'node:fs';
import { anonymous, constants, map, mmap, type Mapping } from '../../../../lib/index.js';
import { PAGE } from '../../../support/sizes.js';
import { Loss, readPart, type Part } from './loss.js';

const [path = '', name = ''] = process.argv.slice(2);
const { MAP_SHARED, PROT_READ, PROT_WRITE } = constants;
const pages = (offset: number, length: number): Part => ({ offset: offset * PAGE, length: length * PAGE });

interface Case {
  readonly make: () => Mapping;
  /** The new length of the file. */
  readonly cut: number;
  readonly lost: Part;
}

const whole = (): Mapping => map(path);

function resized(): Mapping {
  const mapping = map(path, { length: 4 * PAGE });
  mapping.resize(16 * PAGE);
  return mapping;
}

function byDescriptor(): Mapping {
  const fd = openSync(path, 'r+');
  try {
    return mmap(16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  } finally {
    closeSync(fd);
  }
}

const cases: Readonly<Record<string, Case>> = {
  'cut to nothing: all of it': { make: whole, cut: 0, lost: pages(0, 16) },
  'cut inside a page: from the next page': { make: whole, cut: 4 * PAGE + 100, lost: pages(5, 11) },
  'cut by less than a page: nothing but the last page': { make: whole, cut: 15 * PAGE, lost: pages(15, 1) },
  'with an offset': { make: () => map(path, { offset: 2 * PAGE }), cut: 4 * PAGE, lost: pages(2, 12) },
  'with a length': { make: () => map(path, { length: 8 * PAGE }), cut: 4 * PAGE, lost: pages(4, 4) },
  'with a length that is not whole pages': {
    make: () => map(path, { length: 8 * PAGE - 100 }),
    cut: 4 * PAGE,
    lost: { offset: 4 * PAGE, length: 4 * PAGE - 100 },
  },
  'with a reserve': { make: () => map(path, { reserve: 2 ** 20 }), cut: 4 * PAGE, lost: pages(4, 12) },
  'that was resized': { make: resized, cut: 4 * PAGE, lost: pages(4, 12) },
  'of mmap()': { make: byDescriptor, cut: 4 * PAGE, lost: pages(4, 12) },
};

async function mappingOf({ make, cut, lost }: Case): Promise<void> {
  using mapping = make();
  const loss = new Loss(mapping, path);
  truncateSync(path, cut);
  assert.equal(mapping.view(lost.offset + lost.length - 1, 1)[0], 0);
  await loss.check(lost, 'truncated');
  await loss.checkRemap(lost);
}

/** Memory of a memfd, which another holder of the descriptor makes shorter. */
function memory(): void {
  using mapping = anonymous(16 * PAGE);
  ftruncateSync(mapping.fd, 4 * PAGE);
  assert.equal(mapping.view(8 * PAGE, 1)[0], 0);
  assert.throws(() => mapping.persist(), { code: 'ERR_MAPPING_FAULT', ...pages(4, 12), reason: 'truncated' });
  mapping.persist(0, 4 * PAGE);
  ftruncateSync(mapping.fd, 16 * PAGE);
  mapping.remap();
  mapping.persist();
}

/** The kernel takes a store behind the end of the file, if it has a page there. ext4 drops the byte, tmpfs keeps it. */
function behindTheEnd(): void {
  const [end, at] = [4 * PAGE + 100, 4 * PAGE + 200];
  using mapping = whole();
  truncateSync(path, end);
  mapping.view(at, 1)[0] = 9;
  mapping.persist(at, 1);
  mapping.write(Buffer.from('kept'), end - 4);
  assert.equal(mapping.faulted, false);
  truncateSync(path, 16 * PAGE);
  assert.equal(readPart(path, end - 4, 4).toString(), 'kept');
  assert.equal(mapping.view(at, 1)[0], readPart(path, at, 1)[0], 'the mapping shows the file');
}

/** A private mapping loses its pages, too. */
async function privately(access: 'read' | 'copy'): Promise<void> {
  using mapping = map(path, { access });
  const loss = new Loss(mapping, path);
  const view = mapping.view(0);
  view[8 * PAGE] = 9; // a page of its own, which the kernel drops with the others
  truncateSync(path, 4 * PAGE);
  assert.deepEqual([view[8 * PAGE], view[12 * PAGE]], [0, 0]);
  await loss.checkPrivate(pages(4, 12), 'truncated');
  truncateSync(path, 16 * PAGE);
  mapping.remap();
  assert.equal(mapping.faulted, false);
}

async function main(): Promise<void> {
  const found = cases[name];
  if (found !== undefined) await mappingOf(found);
  else if (name === 'anonymous memory') memory();
  else if (name === 'cut inside a page: a store behind the end, in its page, is no fault') behindTheEnd();
  else if (name === "access 'read'") await privately('read');
  else if (name === "access 'copy'") await privately('copy');
  else throw new Error(`no such case: ${name}; there are ${Object.keys(cases).join('; ')}`);
  process.stdout.write('done\n');
}

void main();
