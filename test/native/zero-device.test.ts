import { expect } from '@jest/globals';
import { closeSync, openSync } from 'node:fs';
import { constants, mmap } from '../../lib/index.js';
import { native } from '../support/backends.js';
import { linux } from '../support/skip.js';

const { MAP_SHARED, PROT_READ, PROT_WRITE } = constants;

native.and(linux).test('/dev/zero: calls that need a second mapping of the same memory say that there is none', () => {
  const fd = openSync('/dev/zero', 'r+');
  using mapping = mmap(8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  closeSync(fd);
  mapping.buffer.fill(7);
  expect(() => mapping.share()).toThrow(
    expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining('/dev/zero') }),
  );
  expect(() => mapping.resize(16384)).toThrow(
    expect.objectContaining({ code: 'EOPNOTSUPP', message: expect.stringContaining('anonymous()') }),
  );
  expect(mapping.buffer.every((byte) => byte === 7)).toBe(true);
  mapping.resize(4096);
  expect(mapping.length).toBe(4096);
});
