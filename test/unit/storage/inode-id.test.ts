import { expect, test } from '@jest/globals';
import fs from 'node:fs';
import { identity, inodeAt, inodeIfThere, inodeKey } from '../../../lib/storage/inode-id.js';
import { thrown } from '../../support/errors.js';
import { Scratch } from '../../support/scratch.js';
import { linux } from '../../support/skip.js';

const scratch = new Scratch();

test('two names of one file have one key, and two files have two', () => {
  const [path, other, link] = [scratch.file(1), scratch.file(1), scratch.path()];
  fs.linkSync(path, link);
  expect(inodeKey(inodeAt(link))).toBe(inodeKey(inodeAt(path)));
  expect(inodeKey(inodeAt(other))).not.toBe(inodeKey(inodeAt(path)));
});

linux.test('the key of a character device is its device number', () => {
  expect(inodeKey(inodeAt('/dev/null'))).toBe(`device ${fs.statSync('/dev/null').rdev}`);
});

test('inode numbers that a number cannot hold stay apart', () => {
  const at = (ino: bigint): string => inodeKey({ dev: 1, ino: identity(ino), rdev: 0, mode: fs.constants.S_IFREG });
  expect(at(2n ** 63n)).not.toBe(at(2n ** 63n + 1n));
});

test('a path without a file is ENOENT, or undefined where that is asked for', () => {
  const path = scratch.path();
  expect(thrown(() => inodeAt(path))).toMatchObject({ code: 'ENOENT', syscall: 'stat', path });
  expect(inodeIfThere(path)).toBeUndefined();
});
