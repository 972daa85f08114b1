import { expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { WriterLock } from '../../../lib/index.js';
import { descriptorLockTest } from '../../../lib/seals/proc-locks.js';
import { inodeIdOf } from '../../../lib/storage/inode-id.js';
import { pidOfWriter } from '../../../lib/writer-lock/holder.js';
import { native } from '../../support/backends.js';
import { Scratch } from '../../support/scratch.js';

const scratch = new Scratch();
const WRITER = '4611686018427387912';

native.test('the pid of the writer; undefined where there is none', () => {
  const path = scratch.file(1);
  const inode = inodeIdOf(statSync(path, { bigint: true }));
  expect(pidOfWriter(inode)).toBeUndefined();
  using lock = WriterLock.acquire(path);
  expect([lock.held, pidOfWriter(inode)]).toEqual([true, process.pid]);
});

test.each([
  ['its own byte', `OFDLCK  ADVISORY  WRITE -1 08:01:12 ${WRITER} ${WRITER}`, true],
  ['the whole file', 'OFDLCK  ADVISORY  WRITE -1 08:01:12 0 EOF', true],
  ['the bytes of a seal', 'OFDLCK  ADVISORY  WRITE -1 08:01:12 4611686018427387904 4611686018427387906', false],
  ['another inode', `OFDLCK  ADVISORY  WRITE -1 08:01:1 ${WRITER} ${WRITER}`, false],
  ['a record lock', `POSIX  ADVISORY  WRITE 7 08:01:12 ${WRITER} ${WRITER}`, false],
])('a descriptor with a lock on %s', (_title, line, expected) => {
  const isWriter = descriptorLockTest({ dev: 0x801, ino: 12 }, 'writer');
  expect(isWriter(`pos:\t0\nflags:\t02\nlock:\t1: ${line}\n`)).toBe(expected);
});
