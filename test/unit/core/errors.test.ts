import { expect, test } from '@jest/globals';
import { constants as os } from 'node:os';
import {
  checked,
  backendUnavailable,
  errno,
  errnoName,
  externalBuffersForbidden,
  invalidType,
  invalidValue,
  mappingClosed,
  outOfRange,
  systemError,
} from '../../../lib/core/errors.js';
import { extents, map, probeSync } from '../../../lib/index.js';
import { expectMisuse, expectSystemError, thrown } from '../../support/errors.js';

test.each(
  Object.entries(os.errno).filter(([name]) => !['EAGAIN', 'EWOULDBLOCK', 'ENOTSUP', 'EOPNOTSUPP'].includes(name)),
)('%s has its name', (name, value) => {
  expect(errnoName(-value)).toBe(name);
});

test('two numbers with two names, and one that libuv does not know', () => {
  expect(errnoName(errno.EOPNOTSUPP)).toBe('EOPNOTSUPP');
  expect(errnoName(errno.ESTALE)).toBe('ESTALE');
  expect(errnoName(-os.errno.EAGAIN)).toMatch(/^(EAGAIN|EWOULDBLOCK)$/);
});

test('systemError has the fields of Node and a sentence from the table, or the one it is given', () => {
  expectSystemError(systemError(errno.ENOSPC, 'fallocate', '/a'), 'ENOSPC', 'fallocate', '/a');
  expect(systemError(errno.ENOSPC, 'fallocate', '/a', 'call your mother').message).toBe(
    "ENOSPC: fallocate '/a': call your mother",
  );
  const bare = systemError(-os.errno.EXDEV, 'rename');
  expect(bare.message).toBe('EXDEV: rename');
  expect('path' in bare).toBe(false);
  expect(bare.errno).toBe(-os.errno.EXDEV);
});

test('where one code has several causes, the sentence names them all', () => {
  expect(systemError(errno.ENOMEM, 'mlock2').message).toMatch(/RLIMIT_MEMLOCK.*tmpfs.*vm\.max_map_count/);
  expect(systemError(errno.EINVAL, 'fcntl').message).toMatch(/F_OFD_SETLK.*seccomp/);
  expect(systemError(errno.ENOMEM, 'fcntl F_SETLEASE').message).toMatch(/thread.*RLIMIT_NPROC/);
  expect(systemError(errno.EFAULT, 'madvise').message).toMatch(/end of the file.*full.*read/);
});

test('checked() returns results that are not negative and throws the others', () => {
  expect(checked(0, 'open')).toBe(0);
  expect(checked(7, 'open')).toBe(7);
  expectSystemError(
    thrown(() => checked(errno.ENOENT, 'open', '/a')),
    'ENOENT',
    'open',
    '/a',
  );
});

test('misuses have the codes of Node and show the received value', () => {
  expectMisuse(invalidType('x', 'of type number', '1'), 'ERR_INVALID_ARG_TYPE', 'x');
  expectMisuse(invalidValue('x', 'must be 1', 2), 'ERR_INVALID_ARG_VALUE', 'x');
  expectMisuse(outOfRange('x', '> 0', 0), 'ERR_OUT_OF_RANGE', 'x');
  expect(outOfRange('x', '> 0', 0).message).toBe('The value of "x" is out of range. It must be > 0. Received 0');
  expect(invalidType('x', 'of type number', null).message).toContain('Received null');
  expect(invalidType('x', 'of type number', 5n).message).toContain('5n');
  expect(invalidType('x', 'of type number', Object.create(null)).message).toContain('an instance of Object');
  expect(invalidType('x', 'of type number', Symbol('s')).message).toContain('Symbol(s)');
});

test('the package has codes of its own', () => {
  expect(mappingClosed('view')).toMatchObject({ code: 'ERR_MAPPING_CLOSED', message: 'view: the mapping is closed' });
  const cause = new Error('dlopen');
  expect(backendUnavailable('no', cause)).toMatchObject({ code: 'ERR_BACKEND_UNAVAILABLE', cause });
  expect(externalBuffersForbidden().code).toBe('ERR_EXTERNAL_BUFFERS_FORBIDDEN');
});

test('a string that looks like a URL is a missing path, and the error says that a URL may have been meant', () => {
  const path = 'file:///tmp/none';
  const message =
    "ENOENT: open 'file:///tmp/none': a string is a path, also where it looks like a URL; pass new URL(...) for a URL";
  expect(systemError(errno.ENOENT, 'open', path, 'another sentence').message).toBe(message);
  expect(() => map(path, { create: true, size: 4096 })).toThrow(message);
  expect(() => extents(path)).toThrow(/pass new URL/);
  expect(() => probeSync(path)).toThrow(/pass new URL/);
});
