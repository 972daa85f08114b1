import { linkSync, openSync, closeSync, renameSync, truncateSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { constants, map, mapAsync, mmap } from '../../lib/index.js';
import { describeBackends, native } from '../support/backends.js';
import { rejected, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';

const scratch = new Scratch();
const TOO_LARGE = 2 ** 50;

// All mappings of one file share a descriptor, and with it whatever that remembered of the first of them.
describeBackends("an error names the file as the mapping's own caller did", (backend) => {
  const options = { backend } as const;

  /** An mmap(2) that fails, or its emulation, for these options. */
  const refusal = { ...options, sync: 'require', flags: constants.MAP_HUGETLB } as const;

  test('by its second name (a hard link), not by the first', async () => {
    const first = scratch.file(4096);
    const second = scratch.path('second');
    linkSync(first, second);
    using held = map(first, options);
    expect(held.path).toBe(first);
    for (const error of [thrown(() => map(second, refusal)), await rejected(mapAsync(second, refusal))]) {
      expect(error).toMatchObject({ path: second });
      expect(error.message).toContain(second);
      expect(error.message).not.toContain(first);
    }
  });

  test('by its new name, not by one that is gone', () => {
    const old = scratch.file(4096);
    using held = map(old, options);
    const renamed = scratch.path('renamed');
    renameSync(old, renamed);
    using mapping = map(renamed, options);
    expect(thrown(() => mapping.resize(TOO_LARGE))).toMatchObject({ path: renamed });
    expect(thrown(() => held.resize(TOO_LARGE))).toMatchObject({ path: old });
    expect(thrown(() => map(renamed, { ...options, size: TOO_LARGE }))).toMatchObject({ path: renamed });
  });

  test('by none, of a mapping that was made by descriptor', () => {
    const path = scratch.file(4096);
    using held = map(path, options);
    expect(held.path).toBe(path);
    const fd = openSync(path, 'r+');
    try {
      using mapping = map(fd, options);
      expect(thrown(() => mapping.resize(TOO_LARGE))).not.toHaveProperty('path');
      expect(thrown(() => map(fd, refusal))).not.toHaveProperty('path');
    } finally {
      closeSync(fd);
    }
  });

  test('also where stores were lost to a truncation, or one is found at a flush', () => {
    const first = scratch.file(8192);
    const second = scratch.path('second');
    linkSync(first, second);
    using held = map(first, options);
    using mapping = map(second, options);
    expect(held.length).toBe(mapping.length);
    truncateSync(first, 4096);
    if (backend === 'native') {
      expect(thrown(() => mapping.populate())).toMatchObject({ path: second });
    } else {
      mapping.buffer.fill(1, 4096);
      expect(thrown(() => mapping.persist())).toMatchObject({ code: 'ERR_MAPPING_FAULT', path: second });
    }
  });
});

native.test('mmap() has no name to give, though map() gave one to the same file', () => {
  const path = scratch.file(4096);
  using held = map(path, { backend: 'native' });
  expect(held.path).toBe(path);
  const fd = openSync(path, 'r+');
  try {
    const error = thrown(() => mmap(4096, constants.PROT_READ, constants.MAP_SHARED | constants.MAP_HUGETLB, fd));
    expect(error).not.toHaveProperty('path');
  } finally {
    closeSync(fd);
  }
});
