import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { map, mapAsync } from '../../lib/index.js';
import { held } from '../support/held.js';
import { expectSystemError, rejected, thrown } from '../support/errors.js';
import { mountPoint, testOn, type FileSystemType } from '../support/mounts.js';
import { misplaced, watermark } from '../support/watermark.js';
import { native } from '../support/backends.js';

const MIB = 2 ** 20;
const TOO_MUCH = 512 * MIB;
describe.each<[FileSystemType, number]>([
  ['tmpfs', 8 * MIB],
  ['ext4', 32 * MIB],
  ['xfs', 300 * MIB],
  ['btrfs', 128 * MIB],
])('a full disk: %s', (type, size) => {
  const mount = mountPoint(type, size);

  native.describe('native', () => {
    testOn(mount, 'create with a size that does not fit: ENOSPC here, not SIGBUS later; the file is gone', (dir) => {
      const path = join(dir, 'new');
      const before = held();
      const error = thrown(() => map(path, { create: true, size: TOO_MUCH }));
      expectSystemError(error, 'ENOSPC', 'fallocate', path);
      expect(error.message).toMatch(
        new RegExp(
          `${TOO_MUCH} bytes were asked for; the file that was made for them is removed again.*Free some space`,
        ),
      );
      expect(existsSync(path)).toBe(false);
      expect(held()).toEqual(before);
    });

    testOn(mount, 'the same with mapAsync', async (dir) => {
      const path = join(dir, 'new');
      expectSystemError(await rejected(mapAsync(path, { create: true, size: TOO_MUCH })), 'ENOSPC', 'fallocate', path);
      expect(existsSync(path)).toBe(false);
    });

    testOn(mount, 'an existing file stays, its bytes intact', (dir) => {
      const path = join(dir, 'old');
      writeFileSync(path, watermark(0, MIB));
      const error = thrown(() => map(path, { size: TOO_MUCH }));
      expectSystemError(error, 'ENOSPC', 'fallocate', path);
      expect(error.message).toMatch(
        /the file is now \d+ bytes long with \d+ bytes allocated, what was in it is intact/,
      );
      expect(statSync(path).size).toBeGreaterThanOrEqual(MIB);
      expect(misplaced(readFileSync(path).subarray(0, MIB), 0)).toBeUndefined();
      rmSync(path); // it may have kept the blocks that it got
    });

    testOn(mount, 'resize that does not fit: ENOSPC, and the mapping goes on as it was', (dir) => {
      const path = join(dir, 'growing');
      using mapping = map(path, { create: true, size: MIB, reserve: 2 * TOO_MUCH });
      mapping.write(watermark(0, MIB), 0);
      const { buffer } = mapping;
      expectSystemError(
        thrown(() => mapping.resize(TOO_MUCH)),
        'ENOSPC',
        'fallocate',
        path,
      );
      expect(mapping.length).toBe(MIB);
      expect(misplaced(buffer, 0)).toBeUndefined();
      mapping.persist();
      expect(misplaced(readFileSync(path).subarray(0, MIB), 0)).toBeUndefined();
    });
  });
});

describe('a full disk: the emulation finds it at persist', () => {
  describe.each(['write()', 'a view'])('or at close(), of bytes that %s has stored', (how) => {
    testOn(
      mountPoint('tmpfs', 8 * MIB),
      'ENOSPC, and it is still open; after making room close() brings the bytes to the file',
      (dir) => {
        const path = join(dir, 'big');
        const ballast = join(dir, 'ballast');
        writeFileSync(ballast, Buffer.alloc(6 * MIB, 1));
        const before = held();
        const mapping = map(path, { backend: 'emulated', create: true, size: 4 * MIB });
        const bytes = watermark(0, 4 * MIB);
        if (how === 'a view') mapping.buffer.set(bytes);
        else expect(thrown(() => mapping.write(bytes, 0)).code).toBe('ENOSPC');
        for (let i = 0; i < 2; i++) {
          expectSystemError(
            thrown(() => mapping.close()),
            'ENOSPC',
            'write',
            path,
          );
          expect(mapping.closed).toBe(false);
          expect(misplaced(mapping.buffer, 0)).toBeUndefined();
        }
        writeFileSync(ballast, '');
        mapping.close();
        expect(mapping.closed).toBe(true);
        expect(misplaced(readFileSync(path), 0)).toBeUndefined();
        expect(held()).toEqual(before);
      },
    );
  });

  testOn(
    mountPoint('tmpfs', 8 * MIB),
    'ENOSPC with the bytes kept in memory; after making room they reach the file',
    (dir) => {
      const path = join(dir, 'big');
      const ballast = join(dir, 'ballast');
      writeFileSync(ballast, Buffer.alloc(6 * MIB, 1));
      using mapping = map(path, { backend: 'emulated', create: true, size: 4 * MIB });
      mapping.buffer.set(watermark(0, 4 * MIB));
      const error = thrown(() => mapping.persist());
      expectSystemError(error, 'ENOSPC', 'write', path);
      expect(error.message).toContain('nothing is lost yet');
      writeFileSync(ballast, '');
      mapping.persist();
      expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    },
  );
});

test('a size that no file can have is refused, and makes no file', () => {
  const path = join(__dirname, 'never-made');
  expect(['EFBIG', 'ENOSPC', 'ENOMEM']).toContain(
    thrown(() => map(path, { create: true, size: Number.MAX_SAFE_INTEGER })).code,
  );
  expect(existsSync(path)).toBe(false);
});
