import type { LineRegion, Region } from '../../lib/backend/region.js';
import { expect, test } from '@jest/globals';
import { selectBackend } from '../../lib/backend/select.js';
import { constants } from '../../lib/core/constants.js';
import { capable, describeBackends } from '../support/backends.js';

const { MAP_ANONYMOUS, MAP_PRIVATE, PAGE_SIZE, PROT_READ, PROT_WRITE } = constants;

describeBackends('the length of a store is the checked number, although the source has become longer', (name) => {
  // Longer than the number, as memory is that grew between the check and the copy.
  const long = new Uint8Array(new SharedArrayBuffer(1024)).fill(0xaa);

  function stored(store: (region: Region) => void): { value: number; count: number } {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS;
    const region = selectBackend(name).map({
      file: undefined,
      path: undefined,
      offset: 0,
      length: PAGE_SIZE,
      prot: PROT_READ | PROT_WRITE,
      flags,
      sync: 'off',
      reserve: 0,
    });
    store(region);
    const bytes = new Uint8Array(region.window(0, PAGE_SIZE)).slice();
    region.close();
    return { value: bytes[100] ?? 0, count: bytes.filter((byte) => byte !== 0).length };
  }

  test('store()', () => {
    expect(stored((region) => region.store(long, 100, 8))).toEqual({ value: 0xaa, count: 8 });
  });

  const lines = capable(name === 'native', 'cache lines');
  lines.test.each([8, 512])('storeLines() of %i bytes', (length) => {
    expect(stored((region) => (region as LineRegion).storeLines(long, 100, length, true))).toEqual({
      value: 0xaa,
      count: length,
    });
  });
});
