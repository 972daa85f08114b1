const MiB = 2 ** 20;

/** A place for mappings in the guest: memory that the host makes, and its use in the guest. */
export interface Place {
  readonly name: string;
  readonly memory: 'fsdax' | 'devdax' | 'raw' | 'virtio-pmem' | 'none';
  /** Bytes. Each place has another size, because the guest finds its devices by size alone. */
  readonly size: number;
  readonly align?: number;
  readonly mkfs?: readonly string[];
  readonly mount?: string;
  /** MAP_SYNC is granted there, when the platform's domain is memory_controller. */
  readonly mapSync: boolean;
  /** In the error and in the reasons, where MAP_SYNC is refused; in those of probe() too. */
  readonly reason?: RegExp;
}

const EXT4 = ['mkfs.ext4', '-q', '-b', '4096', '-E', 'nodiscard'] as const;
const XFS = ['mkfs.xfs', '-q', '-f', '-K'] as const;
const NO_DAX = /no DAX|page cache|not on persistent memory/;

/** The matrix. Device numbers do not follow the command line. */
export const places: readonly Place[] = [
  { name: 'ext4-dax', memory: 'fsdax', size: 258 * MiB, mkfs: EXT4, mount: 'dax=always', mapSync: true },
  { name: 'xfs-dax', memory: 'fsdax', size: 386 * MiB, mkfs: XFS, mount: 'dax=always', mapSync: true },
  {
    name: 'xfs-dax-noreflink',
    memory: 'fsdax',
    size: 388 * MiB,
    mkfs: [...XFS, '-m', 'reflink=0'],
    mount: 'dax=always',
    mapSync: true,
  },
  {
    name: 'ext4-dax-inode',
    memory: 'fsdax',
    size: 130 * MiB,
    mkfs: EXT4,
    mount: 'dax=inode',
    mapSync: false,
    reason: NO_DAX,
  },
  {
    name: 'xfs-nodax',
    memory: 'fsdax',
    size: 390 * MiB,
    mkfs: XFS,
    mount: 'dax=never',
    mapSync: false,
    reason: NO_DAX,
  },
  {
    name: 'ext4-raw-pmem',
    memory: 'raw',
    size: 132 * MiB,
    mkfs: EXT4,
    mount: 'noatime',
    mapSync: false,
    reason: NO_DAX,
  },
  {
    name: 'ext4-virtio-pmem',
    memory: 'virtio-pmem',
    size: 134 * MiB,
    mkfs: EXT4,
    mount: 'dax=always',
    mapSync: false,
    reason: /virtio-pmem|flush/i,
  },
  { name: 'device-dax-2M', memory: 'devdax', size: 136 * MiB, align: 2 * MiB, mapSync: true },
  { name: 'device-dax-4K', memory: 'devdax', size: 138 * MiB, align: 4096, mapSync: true },
  { name: 'tmpfs', memory: 'none', size: 0, mapSync: false, reason: NO_DAX },
];

/** A place by its name. */
export function placeOf(name: string): Place {
  const found = places.find((place) => place.name === name);
  if (found === undefined) throw new Error(`no place is called ${name}`);
  return found;
}
