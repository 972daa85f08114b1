import { expect, test } from '@jest/globals';
import { mappedLength } from '../../../lib/map/mapped-length.js';
import { parseMapOptions } from '../../../lib/map/options.js';
import type { MapOptions } from '../../../lib/index.js';
import { expectMisuse, expectSystemError, thrown } from '../../support/errors.js';
import { PAGE } from '../../support/sizes.js';

const SIZE = 3 * PAGE + 100;

function lengthIn(options: MapOptions, size = SIZE): number {
  return mappedLength(parseMapOptions(options), size, '/file');
}

test.each<[MapOptions, number]>([
  [{}, SIZE],
  [{ offset: PAGE }, SIZE - PAGE],
  [{ offset: 3 * PAGE }, 100],
  [{ length: 1 }, 1],
  [{ offset: PAGE, length: SIZE - PAGE }, SIZE - PAGE],
  [{ reserve: SIZE }, SIZE],
])('%j maps %d bytes of the file', (options, length) => {
  expect(lengthIn(options)).toBe(length);
});

test.each<[MapOptions, string]>([
  [{ offset: 4 * PAGE }, 'options.offset'],
  [{ length: SIZE + 1 }, 'options.length'],
  [{ offset: PAGE, length: SIZE - PAGE + 1 }, 'options.length'],
  [{ reserve: SIZE - 1 }, 'options.reserve'],
])('%j is ERR_OUT_OF_RANGE for %s', (options, argument) => {
  expectMisuse(
    thrown(() => lengthIn(options)),
    'ERR_OUT_OF_RANGE',
    argument,
  );
});

test('an offset at the end of the file is out of range: no byte is left', () => {
  expectMisuse(
    thrown(() => lengthIn({ offset: PAGE }, PAGE)),
    'ERR_OUT_OF_RANGE',
    'options.offset',
  );
});

test('an empty file is EINVAL, with the remedy for its access', () => {
  const error = (options: MapOptions): Error & { message: string } => {
    const found = thrown(() => lengthIn(options, 0));
    expectSystemError(found, 'EINVAL', 'mmap', '/file');
    return found;
  };
  expect(error({}).message).toContain('size: 4096');
  expect(error({ access: 'read' }).message).not.toContain('size: 4096');
});
