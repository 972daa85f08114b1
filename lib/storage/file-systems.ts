/** What is known of a file system beforehand, before anything is tried. */
export interface FileSystem {
  /** As mount(8) writes it; `0x...` for one that is not in the table. */
  readonly name: string;
  /** Where bytes are after a successful msync(2): 'volatile' is gone with the power, 'unknown' depends on what is behind. */
  readonly domain: 'storage' | 'volatile' | 'unknown';
  /** One sentence on what to expect of it. */
  readonly note?: string;
  /** Two open files with one device and inode number are the same file, whichever was opened first. */
  readonly inodeIsFile?: true;
}

const RAM = 'It lives in memory: nothing in it survives the loss of power.';
const REMOTE = 'What is durable there is decided by the server, and locks and leases are kept per client.';
const SERVED = 'What is durable there is decided by its server process; virtiofs answers with the same number.';
const UPPER =
  'The file lives on the file system of a layer below. The first open for writing copies one of a lower layer: device and inode number stay, and what was opened before goes on with the old bytes.';
const CXL = 'It is memory shared between machines (CXL): what survives power depends on the device.';
const KERNEL = 'Its files are made by the kernel as they are read; nothing in it is stored.';

/** By f_type of statfs(2): linux/magic.h, or the file system's own headers. */
const table: Readonly<Record<number, FileSystem>> = {
  0xef53: { name: 'ext4', domain: 'storage', inodeIsFile: true, note: 'ext2, ext3 and ext4 answer with one number.' },
  0x58465342: { name: 'xfs', domain: 'storage', inodeIsFile: true },
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
  // famfs is not in linux/magic.h yet; its patches have one number for the superblock and one for statfs(2).
  0x87b282ff: { name: 'famfs', domain: 'unknown', note: CXL },
  0x87b282fd: { name: 'famfs', domain: 'unknown', note: CXL },

  // Devices are files of devtmpfs.
  0x01021994: {
    name: 'tmpfs',
    domain: 'volatile',
    inodeIsFile: true,
    note: `${RAM} memfd and devtmpfs answer with the same number.`,
  },
  // ramfs and hugetlbfs number their files with 32 bits that sockets and pipes use up too, and that start again at 0.
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
 * Device and inode number name one open file there. They do not where a number stays while the file changes (overlay), where a server
 * chooses it (FUSE, virtiofs, 9p, NFS, CIFS) or where it comes again (hugetlbfs); and nothing is known of a file system that is not listed.
 */
export function namesFilesByInode(type: number): boolean {
  return fileSystemOf(type).inodeIsFile === true;
}

/** procfs, sysfs and the like: a file there may be empty by its st_size only. */
export function isMadeByKernel({ note }: FileSystem): boolean {
  return note === KERNEL;
}

/**
 * What is known of a file system by its number, `f_type` of statfs(2). A table look-up: nothing is asked of the kernel.
 * The numbers are Linux's; other systems use them for something else.
 *
 * A number that is not in the table is not an error: its name is the number in hexadecimal, its domain 'unknown'.
 * 'storage' does not promise that the device under it is honest about its cache, or is not itself made of memory (zram).
 */
export function fileSystemOf(type: number): FileSystem {
  // f_type is a signed long: on 32-bit kernels, and through some bindings, numbers from 2^31 arrive negative.
  const unsigned = type >>> 0;
  return table[unsigned] ?? Object.freeze({ name: `0x${unsigned.toString(16)}`, domain: 'unknown' as const });
}
