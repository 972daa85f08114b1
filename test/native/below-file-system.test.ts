// persist() is verified below the file system: in the image under its loop device. A read from the mounted
// file says nothing, since the page cache answers; O_DIRECT does not either, since it writes dirty pages back itself.
import { describe, expect } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { map, type Mapping } from '../../lib/index.js';
import { type BackendUnderTest, describeBackends } from '../support/backends.js';
import { mountPoint, testOn, type FileSystemType, type MountPoint } from '../support/mounts.js';

const MIB = 2 ** 20;
const LENGTH = MIB;
const MARK = 64;
const ATTEMPTS = 5;

/** Are these bytes anywhere in the image? */
function inImage(image: string, bytes: Buffer): boolean {
  const fd = openSync(image, 'r');
  try {
    const part = Buffer.alloc(8 * MIB);
    for (let at = 0; ; at += part.length - bytes.length) {
      const count = readSync(fd, part, 0, part.length, at);
      if (part.subarray(0, count).includes(bytes)) return true;
      if (count < part.length) return false;
    }
  } finally {
    closeSync(fd);
  }
}

/** The store of a mark into the mapping, and the call that must make it durable. */
interface Way {
  readonly bytes?: () => Buffer;
  readonly store?: (mapping: Mapping, bytes: Buffer, at: number) => void;
  readonly persist: (mapping: Mapping, bytes: Buffer, at: number) => unknown;
}

const storeInView = (mapping: Mapping, bytes: Buffer, at: number): void =>
  void mapping.view(at, bytes.length).set(bytes);
const nothing = (): void => undefined;

/** Was a mark, absent from the image before, there after `persist`? */
async function reaches(
  mount: MountPoint,
  backend: BackendUnderTest,
  { bytes: make = () => randomBytes(MARK), store = storeInView, persist }: Way,
): Promise<boolean> {
  const path = join(mount.dir, 'file');
  rmSync(path, { force: true });
  using mapping = map(path, { backend, create: true, size: LENGTH });
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const bytes = make();
    const at = attempt * 65536 + 12345;
    store(mapping, bytes, at);
    // The kernel writes back in its own time too: such a mark shows nothing, the next one may.
    if (inImage(mount.image, bytes)) continue;
    await persist(mapping, bytes, at);
    return inImage(mount.image, bytes);
  }
  throw new Error(`the bytes were in the image before, ${ATTEMPTS} times: the kernel was faster`);
}

/** Something of its own for fill(): so many bytes of one value are not in a new file system. */
const anyValue = (): Buffer => Buffer.alloc(MARK, 1 + ((randomBytes(1)[0] ?? 0) % 255));

const ways: readonly (readonly [name: string, way: Way])[] = [
  ['persist()', { persist: (mapping) => mapping.persist() }],
  ['persist(offset, length)', { persist: (mapping, bytes, at) => mapping.persist(at, bytes.length) }],
  ['flush() and drain()', { persist: (mapping, bytes, at) => (mapping.flush(at, bytes.length), mapping.drain()) }],
  ['persistAsync()', { persist: (mapping) => mapping.persistAsync() }],
  ['persistAsync(offset, length)', { persist: (mapping, bytes, at) => mapping.persistAsync(at, bytes.length) }],
  [
    'persistRanges() of pairs',
    {
      persist: (mapping, bytes, at) =>
        mapping.persistRanges([
          [LENGTH - 1, 1],
          [at, bytes.length],
        ]),
    },
  ],
  [
    'persistRanges() of a Float64Array',
    { persist: (mapping, bytes, at) => mapping.persistRanges(Float64Array.of(0, 1, at, bytes.length)) },
  ],
  ['deepPersist()', { persist: (mapping, bytes, at) => mapping.deepPersist(at, bytes.length) }],
  ['write()', { store: nothing, persist: (mapping, bytes, at) => mapping.write(bytes, at) }],
  [
    'write(, , { drain: false }) and drain()',
    { store: nothing, persist: (mapping, bytes, at) => (mapping.write(bytes, at, { drain: false }), mapping.drain()) },
  ],
  [
    'fill()',
    { bytes: anyValue, store: nothing, persist: (mapping, bytes, at) => mapping.fill(bytes[0] ?? 0, at, bytes.length) },
  ],
];

describe.each<[FileSystemType, number]>([
  ['ext4', 16 * MIB],
  ['xfs', 300 * MIB],
])('persist() on %s', (type, size) => {
  const mount = mountPoint(type, size);
  const on = (name: string, body: (mount: MountPoint) => Promise<void>): void =>
    testOn(mount, name, async () => {
      if (!('skip' in mount)) await body(mount);
    });

  describeBackends('on the disk', (backend) => {
    describe.each(ways)('%s', (_name, way) => {
      on('the bytes are absent before, and there after', async (at) => {
        expect(await reaches(at, backend, way)).toBe(true);
      });
    });

    // The tests above would fail if it did nothing: a store alone, and time for the calls, brings no byte there.
    on('with a persist that does nothing they are not there', async (at) => {
      const lazy: Way['persist'] = (mapping, bytes, offset) => {
        mapping.persist = nothing;
        mapping.persist(offset, bytes.length);
      };
      const found: boolean[] = [];
      // Again, where the kernel wrote back just then.
      while (found.length < ATTEMPTS && !found.includes(false))
        found.push(await reaches(at, backend, { persist: lazy }));
      expect(found).toContain(false);
    });
  });
});
