import { expect, test } from '@jest/globals';
import { closeSync, openSync, readFileSync, truncateSync, unlinkSync } from 'node:fs';
import { anonymous, attach, constants, map, mmap, stats } from '../../lib/index.js';
import { describeBackends } from '../support/backends.js';
import { expectMisuse, expectSystemError, thrown } from '../support/errors.js';
import { Scratch } from '../support/scratch.js';
import { misplaced } from '../support/watermark.js';

const { PAGE_SIZE } = constants;
const LENGTH = 3 * PAGE_SIZE + 100;
const scratch = new Scratch();

describeBackends('share and attach', (backend, capabilities) => {
  test('the same bytes at the same place; a store reaches the file, and the owner where the backend is coherent', () => {
    const path = scratch.file(LENGTH);
    using owner = map(path, { backend, offset: PAGE_SIZE, length: PAGE_SIZE + 1 });
    using other = attach(owner.share());
    expect([other.length, other.offset, other.access, other.path]).toEqual([PAGE_SIZE + 1, PAGE_SIZE, 'write', path]);
    expect(other.durability.backend).toBe(backend);
    expect(misplaced(other.buffer, PAGE_SIZE)).toBeUndefined();
    expect(misplaced(owner.buffer, PAGE_SIZE)).toBeUndefined();
    other.buffer[5] = 0;
    other.persist();
    expect(readFileSync(path)[PAGE_SIZE + 5]).toBe(0);
    expect(owner.buffer[5] === 0).toBe(capabilities.coherent);
  });

  test('the handle is plain data: it survives structuredClone and JSON', () => {
    using owner = map(scratch.file(LENGTH), { backend });
    const handle = owner.share();
    expect(structuredClone(handle)).toEqual(handle);
    expect(JSON.parse(JSON.stringify(handle))).toEqual(handle);
    using other = attach(structuredClone(handle));
    expect(misplaced(other.buffer, 0)).toBeUndefined();
  });

  test('closing either side never touches the other', () => {
    const path = scratch.file(LENGTH);
    const owner = map(path, { backend });
    const handle = owner.share();
    const one = attach(handle);
    const two = attach(handle);
    one.close();
    expect(misplaced(owner.buffer, 0)).toBeUndefined();
    owner.close();
    expect(misplaced(two.buffer, 0)).toBeUndefined();
    two.buffer[0] = 0;
    two.close();
    expect(readFileSync(path)[0]).toBe(0);
  });

  test("access 'read' stays 'read'", () => {
    const path = scratch.file(LENGTH);
    using owner = map(path, { backend, access: 'read' });
    using other = attach(owner.share());
    expect(other.access).toBe('read');
    other.buffer.fill(0);
    other.persist();
    expect(misplaced(readFileSync(path), 0)).toBeUndefined();
    expect(thrown(() => other.fill(0)).code).toBe('EACCES');
  });

  test('an owner that is closed: ERR_MAPPING_CLOSED', () => {
    const owner = map(scratch.file(LENGTH), { backend });
    const handle = owner.share();
    owner.close();
    expect(thrown(() => attach(handle)).code).toBe('ERR_MAPPING_CLOSED');
  });

  test('an owner that has moved: ERR_MAPPING_CLOSED, saying so; a new handle serves', () => {
    const path = scratch.file(LENGTH);
    using owner = map(path, { backend });
    const handle = owner.share();
    owner.resize(2 * LENGTH);
    const error = thrown(() => attach(handle));
    expect(error.code).toBe('ERR_MAPPING_CLOSED');
    expect(error.message).toContain('a resize() has moved it');
    using other = attach(owner.share());
    expect(other.length).toBe(2 * LENGTH);
    expect(misplaced(other.view(0, LENGTH), 0)).toBeUndefined();
  });

  test('with the descriptor of the file it needs no owner', () => {
    const path = scratch.file(LENGTH);
    const owner = map(path, { backend });
    const handle = owner.share();
    owner.close();
    const fd = openSync(path, 'r+');
    using other = attach(handle, { fd });
    closeSync(fd);
    expect(misplaced(other.buffer, 0)).toBeUndefined();
  });

  test('the descriptor of another file: ESTALE', () => {
    const path = scratch.file(LENGTH);
    using owner = map(path, { backend });
    const fd = openSync(scratch.file(LENGTH), 'r+');
    try {
      expectSystemError(
        thrown(() => attach(owner.share(), { fd })),
        'ESTALE',
        'attach',
        path,
      );
    } finally {
      closeSync(fd);
    }
  });

  test('a file that has shrunk since: ESTALE', () => {
    const path = scratch.file(LENGTH);
    using owner = map(path, { backend });
    const handle = owner.share();
    truncateSync(path, PAGE_SIZE);
    expectSystemError(
      thrown(() => attach(handle)),
      'ESTALE',
      'attach',
      path,
    );
    truncateSync(path, LENGTH);
  });

  test('the name may be gone, in the thread of the owner', () => {
    const path = scratch.file(LENGTH);
    using owner = map(path, { backend });
    unlinkSync(path);
    using other = attach(owner.share());
    expect(misplaced(other.buffer, 0)).toBeUndefined();
  });

  test("access 'copy' cannot be shared: EINVAL", () => {
    const path = scratch.file(LENGTH);
    using mapping = map(path, { backend, access: 'copy' });
    expectSystemError(
      thrown(() => mapping.share()),
      'EINVAL',
      'share',
      path,
    );
  });

  test('a handle of another process needs a descriptor: EBADF', () => {
    const path = scratch.file(LENGTH);
    using owner = map(path, { backend });
    expectSystemError(
      thrown(() => attach({ ...owner.share(), pid: process.pid + 1 })),
      'EBADF',
      'attach',
      path,
    );
  });

  test('a closed descriptor: EBADF', () => {
    using owner = map(scratch.file(LENGTH), { backend });
    expectSystemError(
      thrown(() => attach(owner.share(), { fd: 2 ** 20 })),
      'EBADF',
      'fcntl',
    );
  });
});

test('anything but a handle is ERR_INVALID_ARG_TYPE', () => {
  for (const value of [undefined, null, 1, 'x', {}, { kind: 'other' }]) {
    expectMisuse(
      thrown(() => attach(value as never)),
      'ERR_INVALID_ARG_TYPE',
      'handle',
    );
  }
});

test.each([
  ['length', '4096', 'ERR_INVALID_ARG_TYPE'],
  ['length', 1.5, 'ERR_OUT_OF_RANGE'],
  ['length', 0, 'ERR_OUT_OF_RANGE'],
  ['length', NaN, 'ERR_OUT_OF_RANGE'],
  ['length', 2 ** 53, 'ERR_OUT_OF_RANGE'],
  ['offset', -PAGE_SIZE, 'ERR_OUT_OF_RANGE'],
  ['offset', '0', 'ERR_INVALID_ARG_TYPE'],
  ['access', 'zzz', 'ERR_INVALID_ARG_VALUE'],
  ['access', 'copy', 'ERR_INVALID_ARG_VALUE'],
  ['access', undefined, 'ERR_INVALID_ARG_TYPE'],
  ['backend', 'auto', 'ERR_INVALID_ARG_VALUE'],
  ['pid', '1', 'ERR_INVALID_ARG_TYPE'],
  ['table', 1n, 'ERR_INVALID_ARG_TYPE'],
  ['table', -1, 'ERR_OUT_OF_RANGE'],
  ['pid', -1, 'ERR_OUT_OF_RANGE'],
  ['slot', 0.5, 'ERR_OUT_OF_RANGE'],
  ['slot', -2, 'ERR_OUT_OF_RANGE'],
  ['slot', 2 ** 32, 'ERR_OUT_OF_RANGE'], // the addon would see 0
  ['serial', -1, 'ERR_OUT_OF_RANGE'],
  ['fd', 2 ** 32, 'ERR_OUT_OF_RANGE'],
  ['fd', -2, 'ERR_OUT_OF_RANGE'],
  ['dev', 'x', 'ERR_INVALID_ARG_VALUE'],
  ['ino', '1e3', 'ERR_INVALID_ARG_VALUE'],
  ['serial', null, 'ERR_INVALID_ARG_TYPE'],
  ['fd', Infinity, 'ERR_OUT_OF_RANGE'],
  ['dev', 1, 'ERR_INVALID_ARG_TYPE'],
  ['ino', undefined, 'ERR_INVALID_ARG_TYPE'],
  ['path', 1, 'ERR_INVALID_ARG_TYPE'],
] as const)('a handle with the %s %p is %s', (key, value, code) => {
  using owner = map(scratch.file(LENGTH));
  const before = stats();
  expectMisuse(
    thrown(() => attach({ ...owner.share(), [key]: value })),
    code,
    `handle.${key}`,
  );
  expect(stats()).toEqual(before);
});

// NaN and Infinity would be descriptor 0 to the addon, and 2 ** 32 + fd and fd + 0.9 would be fd.
test.each([NaN, Infinity, -Infinity, 0.9, 2 ** 31, 2 ** 32, 2 ** 53 * 4, -(2 ** 32)])(
  'attach(handle, { fd: %p more than the right one }): ERR_INVALID_ARG_VALUE',
  (more) => {
    using owner = map(scratch.file(LENGTH));
    const handle = owner.share();
    const before = stats();
    for (const fd of [handle.fd + more, more])
      expectMisuse(
        thrown(() => attach(handle, { fd })),
        'ERR_INVALID_ARG_VALUE',
        'options.fd',
      );
    expect(stats()).toEqual(before);
  },
);

test('each field of a handle is read once', () => {
  using owner = map(scratch.file(LENGTH));
  const handle = owner.share();
  const reads = new Map<PropertyKey, number>();
  const counting = new Proxy(handle, {
    get(target, key): unknown {
      reads.set(key, (reads.get(key) ?? 0) + 1);
      return Reflect.get(target, key);
    },
  });
  using other = attach(counting);
  expect(other.length).toBe(LENGTH);
  expect(Object.fromEntries(reads)).toEqual(Object.fromEntries(Object.keys(handle).map((key) => [key, 1])));
});

test('a handle with an unaligned offset is EINVAL', () => {
  const path = scratch.file(LENGTH);
  using owner = map(path);
  expectSystemError(
    thrown(() => attach({ ...owner.share(), offset: 1, length: 1 })),
    'EINVAL',
    'mmap',
    path,
  );
});

test('anonymous memory is shared through its descriptor', () => {
  using owner = anonymous(LENGTH);
  using other = attach(owner.share());
  owner.buffer.write('seen', PAGE_SIZE);
  expect(other.view(PAGE_SIZE, 4).toString()).toBe('seen');
});

test('private anonymous memory cannot be shared: EINVAL', () => {
  using mapping = mmap(
    PAGE_SIZE,
    constants.PROT_READ | constants.PROT_WRITE,
    constants.MAP_PRIVATE | constants.MAP_ANONYMOUS,
    -1,
  );
  expectSystemError(
    thrown(() => mapping.share()),
    'EINVAL',
    'share',
  );
});
