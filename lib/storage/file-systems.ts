/** The facts about a file system that are known before any trial. */
export interface FileSystem {
  /** The name of mount(8); `0x...` for a file system that is not in the table. */
  readonly name: string;
  /**
   * The place of the bytes after a successful msync(2). 'volatile': lost with the power. 'unknown': it depends on the
   * layer below.
   */
  readonly domain: 'storage' | 'volatile' | 'unknown';
  /** A sentence or two about its behaviour. */
  readonly note?: string;
  /** Two open files with the same device and inode number are the same file. */
  readonly inodeIsFile?: true;
  /** The places that FIEMAP reports are bytes of the device that st_dev names. */
  readonly placesAreOfDevice?: true;
}

const RAM = 'It lives in memory: nothing in it survives the loss of power.';
const REMOTE = 'The server decides what is durable there. Locks and leases hold within one client only.';
const SERVED = 'Its server process decides what is durable there. virtiofs has the same number.';
const UPPER =
  'The file lives on the file system of a layer below. The first open for writing copies a file of a lower layer: device and inode number stay, and a descriptor that was opened before keeps the old bytes.';
const CXL = 'It is memory shared between machines (CXL). The device decides what survives a power failure.';
const KERNEL = 'The kernel makes the content of its files when they are read. Nothing in it is stored.';

/** The key is f_type of statfs(2): linux/magic.h, or the headers of the file system. */
const table: Readonly<Record<number, FileSystem>> = {
  0xef53: {
    name: 'ext4',
    domain: 'storage',
    inodeIsFile: true,
    placesAreOfDevice: true,
    note: 'ext2, ext3 and ext4 have the same number.',
  },
  0x58465342: { name: 'xfs', domain: 'storage', inodeIsFile: true, placesAreOfDevice: true },
  0x9123683e: {
    name: 'btrfs',
    domain: 'storage',
    inodeIsFile: true,
    note: 'Plain writes move blocks, unless the file is NOCOW.',
  },
  0xf2f52010: { name: 'f2fs', domain: 'storage', inodeIsFile: true, note: 'Plain writes move blocks.' },
  0x2fc12fc1: { name: 'zfs', domain: 'storage', note: 'Plain writes move blocks.' },
  0xca451a4e: { name: 'bcachefs', domain: 'storage', note: 'Plain writes move blocks.' },
  0x3434: { name: 'nilfs2', domain: 'storage', note: 'Plain writes move blocks.' },
  0x3153464a: { name: 'jfs', domain: 'storage' },
  0x52654973: { name: 'reiserfs', domain: 'storage' },
  0x4d44: { name: 'vfat', domain: 'storage', note: 'It has no holes and no allocation ahead of the size.' },
  0x2011bab0: { name: 'exfat', domain: 'storage' },
  0x7366746e: { name: 'ntfs3', domain: 'storage' },
  0x15013346: { name: 'udf', domain: 'storage' },
  0x9660: { name: 'iso9660', domain: 'storage', note: 'It is read-only.' },
  0xe0f5e1e2: { name: 'erofs', domain: 'storage', note: 'It is read-only.' },
  0x73717368: { name: 'squashfs', domain: 'storage', note: 'It is read-only.' },
  // famfs is not in linux/magic.h yet. Its patches have one number for the superblock and one for statfs(2).
  0x87b282ff: { name: 'famfs', domain: 'unknown', note: CXL },
  0x87b282fd: { name: 'famfs', domain: 'unknown', note: CXL },

  // Device files are on devtmpfs.
  0x01021994: {
    name: 'tmpfs',
    domain: 'volatile',
    inodeIsFile: true,
    note: `${RAM} memfd and devtmpfs have the same number.`,
  },
  // The inode numbers of ramfs and hugetlbfs have 32 bits. Sockets and pipes use the same counter, and it starts again
  // at 0.
  0x858458f6: { name: 'ramfs', domain: 'volatile', note: RAM },
  0x958458f6: { name: 'hugetlbfs', domain: 'volatile', note: `${RAM} Offsets are multiples of its huge page.` },
  0x5345434d: { name: 'secretmem', domain: 'volatile', note: RAM },

  0x794c7630: { name: 'overlay', domain: 'unknown', note: UPPER },
  0xf15f: { name: 'ecryptfs', domain: 'unknown', note: 'The file lives, encrypted, on another file system.' },
  0x65735546: { name: 'fuse', domain: 'unknown', note: SERVED },
  0x01021997: { name: '9p', domain: 'unknown', note: REMOTE },
  0x6969: { name: 'nfs', domain: 'unknown', note: REMOTE },
  0xff534d42: { name: 'cifs', domain: 'unknown', note: REMOTE },
  0xfe534d42: { name: 'smb2', domain: 'unknown', note: REMOTE },
  0x517b: { name: 'smb', domain: 'unknown', note: REMOTE },
  0x00c36400: { name: 'ceph', domain: 'unknown', note: REMOTE },
  0x5346414f: { name: 'afs', domain: 'unknown', note: REMOTE },
  0x01161970: { name: 'gfs2', domain: 'storage', note: 'It is shared between machines.' },
  0x7461636f: { name: 'ocfs2', domain: 'storage', note: 'It is shared between machines.' },

  0x9fa0: { name: 'proc', domain: 'volatile', note: KERNEL },
  0x62656572: { name: 'sysfs', domain: 'volatile', note: KERNEL },
  0x64626720: { name: 'debugfs', domain: 'volatile', note: KERNEL },
  0x74726163: { name: 'tracefs', domain: 'volatile', note: KERNEL },
  0x63677270: { name: 'cgroup2', domain: 'volatile', note: KERNEL },
  0x27e0eb: { name: 'cgroup', domain: 'volatile', note: KERNEL },
  0x6e736673: { name: 'nsfs', domain: 'volatile', note: KERNEL },
  0x73636673: { name: 'securityfs', domain: 'volatile', note: KERNEL },
  0xcafe4a11: { name: 'bpf', domain: 'volatile', note: KERNEL },
  0x62656570: { name: 'configfs', domain: 'volatile', note: KERNEL },
  0x42494e4d: { name: 'binfmt_misc', domain: 'volatile', note: KERNEL },
  0x1cd1: { name: 'devpts', domain: 'volatile', note: KERNEL },
  0x50495045: { name: 'pipefs', domain: 'volatile', note: 'A pipe cannot be mapped.' },
  0x534f434b: { name: 'sockfs', domain: 'volatile', note: 'A socket cannot be mapped.' },
  0x09041934: {
    name: 'anon_inode',
    domain: 'volatile',
    note: 'It is a kernel object behind a descriptor, not a file.',
  },
};
for (const entry of Object.values(table)) Object.freeze(entry);

/**
 * True if device and inode number name one open file there. They do not where the number stays while the file changes
 * (overlay), where a server chooses the number (FUSE, virtiofs, 9p, NFS, CIFS), or where the kernel uses it again
 * (hugetlbfs). For a file system that is not in the table the answer is false.
 */
export function namesFilesByInode(type: number): boolean {
  return fileSystemOf(type).inodeIsFile === true;
}

/** True for procfs, sysfs and the like. A file there has content although its st_size is 0. */
export function isMadeByKernel({ note }: FileSystem): boolean {
  return note === KERNEL;
}

/**
 * Looks up a file system by its number, `f_type` of statfs(2), in a table. It makes no system call. The numbers are
 * those of Linux; other systems use them for other file systems.
 *
 * A number that is not in the table is not an error: its name is the number in hexadecimal, and its domain is
 * 'unknown'.
 *
 * Not promised for 'storage': that the device below really writes its cache, or is not itself made of memory (zram).
 */
export function fileSystemOf(type: number): FileSystem {
  // f_type is a signed long. Numbers from 2^31 are negative on 32-bit kernels and through some bindings.
  const unsigned = type >>> 0;
  return table[unsigned] ?? Object.freeze({ name: `0x${unsigned.toString(16)}`, domain: 'unknown' as const });
}
