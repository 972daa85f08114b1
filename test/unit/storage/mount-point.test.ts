import { expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { mountPointOf, parseMountPoint } from '../../../lib/storage/mount-point.js';
import { linux } from '../../support/skip.js';

const MOUNTINFO = `22 27 0:21 / /proc rw,relatime - proc proc rw
36 35 98:0 /mnt1 /mnt/two\\040words rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue
360 36 0:99 / /mnt ro,relatime - overlay overlay rw,lowerdir=/a:/b`;

test('a line of mountinfo, by its number: blanks, optional fields, and each option once', () => {
  expect(parseMountPoint(MOUNTINFO, '36')).toEqual({
    directory: '/mnt/two words',
    type: 'ext3',
    source: '/dev/root',
    options: ['rw', 'noatime', 'errors=continue'],
  });
  expect(parseMountPoint(MOUNTINFO, '360')?.options).toEqual(['ro', 'relatime', 'rw', 'lowerdir=/a:/b']);
});

test.each([
  ['a number that is not there', MOUNTINFO, '3'],
  ['an empty text', '', '36'],
  ['a line that is cut off', '36 35 98:0 /mnt1', '36'],
])('%s: nothing is known', (_title, text, number) => {
  expect(parseMountPoint(text, number)).toBeUndefined();
});

linux.test('the mount of /proc is known, and a path that does not exist has none', () => {
  expect(mountPointOf('/proc/self/status')).toMatchObject({ directory: '/proc', type: 'proc' });
  expect(mountPointOf('/proc/no-such-file')).toBeUndefined();
});

linux.test('the directory of a mount is on the same device as the path', () => {
  const { directory = '' } = mountPointOf(process.execPath) ?? {};
  expect(statSync(directory).dev).toBe(statSync(process.execPath).dev);
});
