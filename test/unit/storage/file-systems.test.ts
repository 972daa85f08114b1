import { describe, expect, test } from '@jest/globals';
import { fileSystemOf } from '../../../lib/storage/file-systems.js';

describe('fileSystemOf', () => {
  test.each([
    [0xef53, 'ext4', 'storage'],
    [0x58465342, 'xfs', 'storage'],
    [0x9123683e, 'btrfs', 'storage'],
    [0xf2f52010, 'f2fs', 'storage'],
    [0x2fc12fc1, 'zfs', 'storage'],
    [0xca451a4e, 'bcachefs', 'storage'],
    [0x4d44, 'vfat', 'storage'],
    [0x2011bab0, 'exfat', 'storage'],
    [0x7366746e, 'ntfs3', 'storage'],
    [0xe0f5e1e2, 'erofs', 'storage'],
    [0x73717368, 'squashfs', 'storage'],
    [0x01021994, 'tmpfs', 'volatile'],
    [0x858458f6, 'ramfs', 'volatile'],
    [0x958458f6, 'hugetlbfs', 'volatile'],
    [0x9fa0, 'proc', 'volatile'],
    [0x62656572, 'sysfs', 'volatile'],
    [0x794c7630, 'overlay', 'unknown'],
    [0x6969, 'nfs', 'unknown'],
    [0x65735546, 'fuse', 'unknown'],
    [0x01021997, '9p', 'unknown'],
    [0xff534d42, 'cifs', 'unknown'],
    [0xfe534d42, 'smb2', 'unknown'],
  ])('0x%s is %s, %s', (type, name, domain) => {
    expect(fileSystemOf(type)).toMatchObject({ name, domain });
  });

  test('a number that arrives negative, as a signed 32-bit long does, is the same file system', () => {
    expect(fileSystemOf(0x9123683e | 0).name).toBe('btrfs');
  });

  test('an unknown number is no error: it is its own name', () => {
    expect(fileSystemOf(0xabcdef01)).toEqual({ name: '0xabcdef01', domain: 'unknown' });
    expect(fileSystemOf(0)).toEqual({ name: '0x0', domain: 'unknown' });
  });

  test('entries are frozen', () => {
    expect(Object.isFrozen(fileSystemOf(0xef53))).toBe(true);
    expect(Object.isFrozen(fileSystemOf(1))).toBe(true);
  });

  test('whatever is not durable by itself says why', () => {
    for (const type of [0x01021994, 0x794c7630, 0x6969, 0x65735546, 0x9fa0]) {
      expect(fileSystemOf(type).note).toMatch(/\.$/);
    }
  });
});
