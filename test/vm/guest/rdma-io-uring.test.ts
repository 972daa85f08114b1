import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { anonymous, map, probeSync, type Mapping } from '../../../lib/index.js';
import type { MemoryKind } from '../../../lib/registration/memory-kind.js';
import { expectSystemError, thrown } from '../../support/errors.js';
import { ringRefusal } from '../../support/ring-memory.js';
import { misplaced, watermark } from '../../support/watermark.js';
import { placeOf } from '../layout.js';
import { prepare } from './mounts.js';
import { softRoce } from './rdma-guest.js';

// The provider 'io_uring' on each kind of memory of the guest. It needs no RDMA: these guests have the kernels.

const SWITCH = '/proc/sys/kernel/io_uring_disabled'; // Linux 6.6
const LENGTH = 2 ** 21; // a page of device-dax with 2 MiB, too

const opened: Mapping[] = [];
afterEach(() => {
  for (const mapping of opened.splice(0)) mapping.close();
});

function opening(mapping: Mapping): Mapping {
  opened.push(mapping);
  return mapping;
}

function fileIn(place: string, name: string): string {
  const path = join(prepare(placeOf(place)), name);
  writeFileSync(path, watermark(0, LENGTH));
  return path;
}

/** The memory of a row of docs/registration.md. */
function memoryOf(place: string): Mapping {
  if (place === 'anonymous') return opening(anonymous(LENGTH));
  if (place.startsWith('device-dax')) return opening(map(prepare(placeOf(place)), { length: LENGTH }));
  return opening(map(fileIn(place, 'registered')));
}

softRoce.describe("the provider 'io_uring'", () => {
  test.each<readonly [string, MemoryKind]>([
    ['anonymous', 'memory'],
    ['tmpfs', 'memory'],
    ['device-dax-4K', 'device-dax'],
    ['ext4-dax', 'fsdax'],
    ['xfs-dax', 'fsdax'],
    ['ext4-raw-pmem', 'page cache'],
  ])('%s: what the table says', async (place, kind) => {
    const mapping = memoryOf(place);
    const refusal = ringRefusal(kind);
    if (refusal !== undefined) {
      const error = thrown(() => mapping.register({ provider: 'io_uring' }));
      expectSystemError(error, refusal, 'io_uring_register', mapping.path);
      expect(mapping.seals).toEqual([]);
      return;
    }
    mapping.fill(0);
    using registration = mapping.register({ provider: 'io_uring', length: LENGTH });
    const source = map(fileIn('tmpfs', 'source'), { access: 'read' });
    opened.push(source);
    expect(await registration.read(source.fd, 4096, 0, LENGTH - 4096)).toBe(LENGTH - 4096);
    expect(misplaced(mapping.view(0, LENGTH - 4096), 4096)).toBeUndefined();
  });

  test('kernel.io_uring_disabled=2 is EPERM that names it; probe() says so', () => {
    let before: string;
    try {
      before = readFileSync(SWITCH, 'latin1');
    } catch {
      return expect(ringRefusal('device-dax')).toBe('EOPNOTSUPP'); // Linux 6.1 has no switch
    }
    writeFileSync(SWITCH, '2');
    try {
      const memory = opening(anonymous(LENGTH));
      const error = thrown(() => memory.register({ provider: 'io_uring' }));
      expectSystemError(error, 'EPERM', 'io_uring_setup');
      expect(error.message).toContain('kernel.io_uring_disabled is 2');
      const { answer } = probeSync(prepare(placeOf('tmpfs'))).registration;
      expect(answer).toMatchObject({ io_uring: { answer: 'no', reason: expect.stringContaining('EPERM') as unknown } });
    } finally {
      writeFileSync(SWITCH, before);
    }
    return undefined;
  });
});
