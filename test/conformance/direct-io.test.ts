// Reads and writes with O_DIRECT between a file and mapped memory: the kernel moves the bytes without a copy in memory.
// docs/direct-io.md has the rules that this suite checks.
import { expect, test } from '@jest/globals';
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { anonymous, constants, map, mmap, type Mapping } from '../../lib/index.js';
import { mappedUnit } from '../../lib/storage/huge-pages.js';
import { native } from '../support/backends.js';
import { thrown } from '../support/errors.js';
import { placesForSeals, plainBtrfs, type Place } from '../support/file-system-under-test.js';
import { hugePages } from '../support/huge-pages.js';
import { skipFor } from '../support/skip.js';
import { misplaced, watermark } from '../support/watermark.js';

const { O_DIRECT = 0, O_RDONLY, O_RDWR } = fs.constants;
const { MAP_ANONYMOUS, MAP_HUGETLB, MAP_SHARED, PROT_READ, PROT_WRITE } = constants;
const PAGE = 4096;
const LENGTH = 64 * PAGE;

/** The reason and the remedy where O_DIRECT is refused. */
function refusesDirect(place: Place): string | undefined {
  if (place.missing !== undefined) return place.missing;
  const path = place.file(PAGE);
  try {
    fs.closeSync(fs.openSync(path, O_RDONLY | O_DIRECT));
    return undefined;
  } catch {
    return `${place.name} refuses O_DIRECT here: Linux 6.6 or later has it on tmpfs`;
  }
}

/** Memory of one kind, of LENGTH bytes at least. */
interface Memory {
  readonly name: string;
  make(place: Place): Mapping;
}

const memories: readonly Memory[] = [
  { name: 'a mapped file', make: (place) => map(place.file(LENGTH)) },
  { name: 'a hole of a mapped file', make: (place) => map(place.sparse(LENGTH)) },
  { name: 'a private mapping', make: (place) => map(place.file(LENGTH), { access: 'copy' }) },
  { name: 'anonymous memory', make: () => anonymous(LENGTH) },
];

async function withDirect<Result>(path: string, body: (fd: number) => Result): Promise<Awaited<Result>> {
  const fd = fs.openSync(path, O_RDWR | O_DIRECT);
  try {
    return await body(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function ownWatermark(length: number): Buffer {
  return watermark(7 * LENGTH, length);
}

function checkMemory(place: Place, { name, make }: Memory): void {
  test(`${name}: fs.readSync() fills it, fs.writeSync() writes it`, async () => {
    using mapping = make(place);
    await withDirect(place.file(LENGTH), (fd) => {
      mapping.fill(0);
      expect(fs.readSync(fd, mapping.view(0, LENGTH), 0, LENGTH, 0)).toBe(LENGTH);
      expect(misplaced(mapping.view(0, LENGTH), 0)).toBeUndefined();
    });
    const target = place.file(LENGTH);
    mapping.write(ownWatermark(LENGTH), 0);
    await withDirect(target, (fd) => expect(fs.writeSync(fd, mapping.view(0, LENGTH), 0, LENGTH, 0)).toBe(LENGTH));
    expect(misplaced(fs.readFileSync(target), 7 * LENGTH)).toBeUndefined();
  });

  test(`${name}: FileHandle.read() and write() at once in several parts`, async () => {
    using mapping = make(place);
    mapping.fill(0);
    const parts = Array.from({ length: LENGTH / (8 * PAGE) }, (_, index) => index * 8 * PAGE);
    await using source = await open(place.file(LENGTH), O_RDONLY | O_DIRECT);
    await Promise.all(parts.map((at) => source.read(mapping.view(at, 8 * PAGE), 0, 8 * PAGE, at)));
    expect(misplaced(mapping.view(0, LENGTH), 0)).toBeUndefined();
    const path = place.sparse(LENGTH);
    await using target = await open(path, O_RDWR | O_DIRECT);
    await Promise.all(parts.map((at) => target.write(mapping.view(at, 8 * PAGE), 0, 8 * PAGE, at)));
    expect(misplaced(fs.readFileSync(path), 0)).toBeUndefined();
  });
}

function checkPlace(place: Place): void {
  for (const memory of memories) checkMemory(place, memory);

  test('what was read into a mapping is in its file after persist()', async () => {
    const path = place.sparse(LENGTH);
    {
      using mapping = map(path);
      await withDirect(place.file(LENGTH), (fd) => fs.readSync(fd, mapping.view(0, LENGTH), 0, LENGTH, 0));
      mapping.persist();
    }
    expect(misplaced(fs.readFileSync(path), 0)).toBeUndefined();
  });

  test('an unaligned request is EINVAL, or the bytes are right', async () => {
    const source = place.file(LENGTH);
    const requests = [
      { into: 1, length: PAGE, from: 0 },
      { into: 0, length: PAGE, from: 1 },
      { into: 0, length: 100, from: 0 },
    ];
    for (const { into, length, from } of requests) {
      using memory = anonymous(2 * PAGE);
      const view = memory.view(into, length);
      await withDirect(source, (fd) => {
        try {
          expect(fs.readSync(fd, view, 0, length, from)).toBe(length);
        } catch (error) {
          expect(error).toMatchObject({ code: 'EINVAL' });
          expect(memory.buffer.equals(Buffer.alloc(2 * PAGE))).toBe(true);
          return;
        }
        expect(misplaced(view, from)).toBeUndefined();
      });
    }
  });

  test('a read that is longer than the file ends at its end', async () => {
    using memory = anonymous(LENGTH);
    await withDirect(place.file(3 * PAGE), (fd) =>
      expect(fs.readSync(fd, memory.view(0, LENGTH), 0, LENGTH, 0)).toBe(3 * PAGE),
    );
    expect(misplaced(memory.view(0, 3 * PAGE), 0)).toBeUndefined();
    expect(memory.view(3 * PAGE).equals(Buffer.alloc(LENGTH - 3 * PAGE))).toBe(true);
  });

  test('a read into a part that was truncated away is EFAULT', async () => {
    const path = place.file(LENGTH);
    using mapping = map(path);
    fs.truncateSync(path, PAGE);
    await withDirect(place.file(LENGTH), (fd) => {
      expect(thrown(() => fs.readSync(fd, mapping.view(PAGE, PAGE), 0, PAGE, 0))).toMatchObject({ code: 'EFAULT' });
    });
  });

  test('with a pin, close() waits for the end of the read', async () => {
    const mapping = map(place.sparse(LENGTH));
    await using source = await open(place.file(LENGTH), O_RDONLY | O_DIRECT);
    const pin = mapping.pin();
    const reading = source.read(mapping.view(0, LENGTH), 0, LENGTH, 0);
    expect(thrown(() => mapping.close())).toMatchObject({ code: 'EBUSY' });
    expect((await reading).bytesRead).toBe(LENGTH);
    pin.release();
    mapping.close();
  });
}

const places = [...placesForSeals(), plainBtrfs()];
const here = places.find((place) => refusesDirect(place) === undefined);
for (const place of places)
  native.and(skipFor(refusesDirect(place))).suite(`O_DIRECT, ${place.name}`, () => checkPlace(place));

const onHugePages: Memory = {
  name: 'huge pages',
  make: () =>
    mmap(mappedUnit(MAP_HUGETLB, undefined), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1),
};

native
  .and(hugePages(1))
  .andUnless(here !== undefined, 'no file system here has O_DIRECT', 'set TMPDIR to one on ext4 or xfs')
  .suite('O_DIRECT, memory of huge pages', () => {
    if (here !== undefined) checkMemory(here, onHugePages);
  });
