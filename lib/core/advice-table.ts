/** Where a failed call has an advice of its own: operations of files.*, the emulation, probe(), the writer lock. */
export type AdviceContext = 'files' | 'emulation' | 'probe' | 'writer';

/** Advice by "syscall CODE". */
type AdviceTable = Readonly<Record<string, string>>;

const NO_THREAD =
  'no thread could be started for it, and nothing was done; see RLIMIT_NPROC, RLIMIT_AS and pids.max of the cgroup, and call again';
const MORE_DESCRIPTORS = 'the process has as many descriptors open as RLIMIT_NOFILE allows; raise it (ulimit -n)';
const TOO_LONG = 'past the limit of RLIMIT_FSIZE (ulimit -f), or of the file system: raise the limit, or write less';
const CLOSED = 'the descriptor is closed, or was never open';
const NO_SHARED_BLOCKS = 'this file system cannot share blocks between files';

const general: AdviceTable = Object.freeze({
  'open ENOENT': 'no such file or directory',
  'open EACCES':
    "no permission; access: 'write' needs a file that can be read and written, access: 'read' a readable one",
  'open EAGAIN':
    'another process or thread holds a lease on the file, perhaps a seal with enforcement: lease. It was asked to give it up: try again, or await seals.requestBreak(path)',
  'fcntl F_SETLEASE EAGAIN':
    'a lease needs the mapping to be the only open of the file, in all processes: close every other one, also in this process (lsof PATH lists them)',
  'fcntl F_SETLEASE EACCES': 'only the owner of the file, or a process with CAP_LEASE, may take a lease on it',
  'fcntl F_SETLEASE EINVAL': 'this file system has no leases; use ext4, xfs or tmpfs',
  'inotify_add_watch ENOSPC':
    'the user has as many inotify watches as /proc/sys/fs/inotify/max_user_watches allows; raise it',
  'inotify_add_watch EMFILE':
    'the user has as many inotify instances as /proc/sys/fs/inotify/max_user_instances allows, or the process as many descriptors as RLIMIT_NOFILE (ulimit -n); raise it',
  'open EPERM':
    "the file cannot be opened in this way (immutable or append-only?); access: 'read' needs only a readable file",
  'open EROFS': "the file system is mounted read-only; use access: 'read' or 'copy'",
  'open EISDIR': 'a directory cannot be mapped; name a file in it',
  'open ETXTBSY': "the file is a program that is running; use access: 'read'",
  'open ENOTDIR': 'a part of the path is not a directory',
  'open ELOOP': 'too many symbolic links in the path',
  'open EMFILE': `${MORE_DESCRIPTORS} or close some. Mappings of one file share one descriptor`,
  'open ENXIO': 'a device without a driver, or a FIFO without a reader, cannot be mapped',
  'fcntl EBADF': CLOSED,
  'fcntl EINVAL':
    'this kernel has no locks of open file descriptions (F_OFD_SETLK, Linux 3.15), or a seccomp filter refuses them: allow them. Every call that may change the blocks of a file needs them to ask whether the file is sealed',
  'fcntl F_SETLEASE ENOMEM':
    'no memory, or no thread could be started that receives the events of the lease; see RLIMIT_NPROC, RLIMIT_AS and pids.max of the cgroup, and try again',
  'fcntl EMFILE': `${MORE_DESCRIPTORS} or close some`,
  'fstat EBADF': CLOSED,
  'mmap EACCES':
    "access: 'write' needs a descriptor opened for reading and writing ('r+'), 'read' and 'copy' a readable one. Some files of the kernel and of drivers " +
    'forbid PROT_WRITE even to a private mapping: mmap() with PROT_READ gives their address, without views',
  'mmap EBADF': CLOSED,
  'mmap ENODEV':
    'this kind of file (a pipe, a socket, some devices, the files of procfs and sysfs) cannot be mapped; use a regular file. ' +
    "Some regular files of FUSE (direct_io), 9p and virtiofs have no shared mappings: access: 'read' and 'copy' work there",
  'mmap ENOMEM':
    'no address space, no memory, or too many mappings; see vm.max_map_count, RLIMIT_AS, RLIMIT_DATA and vm.overcommit_memory, or map less',
  'mmap EINVAL':
    'a length, an offset or a flag does not suit this kind of file (MAP_HUGETLB needs a file of hugetlbfs); the flags need one of MAP_SHARED, MAP_SHARED_VALIDATE and MAP_PRIVATE',
  'mmap EPERM': 'the file is sealed against this access, or the file system is mounted noexec',
  'mmap EAGAIN': 'too much memory is locked; see RLIMIT_MEMLOCK (ulimit -l)',
  'mmap EOPNOTSUPP': 'a flag is not supported for this file',
  'mmap EOVERFLOW': 'the range ends beyond the largest offset of the file system',
  'msync EIO':
    'the device failed. Dirty bytes may be lost, and their pages are marked clean: a retry that succeeds proves nothing. Treat the range as unknown and restore it from a copy',
  'msync ENOSPC':
    'there is no room for the dirty bytes: allocate blocks when mapping (size; no help on thinly provisioned storage), and treat the bytes as unknown. A retry that succeeds proves nothing',
  'msync EAGAIN': NO_THREAD,
  'msync EDQUOT':
    'the disk quota is exhausted; allocate blocks when mapping (size), and treat the dirty bytes as unknown',
  'fsync EIO':
    'the device failed. Dirty bytes may be lost, and their pages are marked clean: a retry that succeeds proves nothing. Treat the file as unknown and restore it from a copy',
  'syncfs EIO':
    'the device failed, and the entry of the new file may not be on the disk; make the file again on another device',
  'syncfs EAGAIN': NO_THREAD,
  'fsync ENOSPC': 'there is no room for the dirty bytes; treat them as unknown. A retry that succeeds proves nothing',
  'fsync EAGAIN': NO_THREAD,
  'fallocate EAGAIN': NO_THREAD,
  'fallocate ENOSPC': 'the disk is full; free some space or map less',
  'fallocate EDQUOT': 'the disk quota is exhausted',
  'fallocate EFBIG': 'larger than the file system or RLIMIT_FSIZE allows',
  'fallocate EOPNOTSUPP':
    'this file system cannot allocate blocks ahead; write the file in full by other means, then map it without size',
  'fallocate EPERM': 'the file is sealed or immutable',
  'fallocate EBADF': "size needs access: 'write'",
  'ftruncate EFBIG':
    'longer than RLIMIT_FSIZE (ulimit -f) or the file system allows; raise the limit, or ask for less. RLIMIT_FSIZE counts for memory of anonymous(), too',
  'ftruncate EPERM': 'the file is sealed against this change (F_SEAL_GROW, F_SEAL_SHRINK)',
  'madvise EINVAL': 'this kernel, file system or kind of mapping does not support that advice for this range',
  'madvise EFAULT':
    'a page of the range cannot be brought in: it is past the end of the file, the disk is full, or the device could not read it (see the kernel log)',
  'madvise EHWPOISON': 'the memory has a media error',
  'madvise EAGAIN': NO_THREAD,
  'madvise ENOMEM': 'not enough memory',
  'mlock2 ENOMEM':
    'more than RLIMIT_MEMLOCK allows: raise it (ulimit -l), lock less, or run with CAP_IPC_LOCK. Or a page cannot be brought in: a hole of a file on a full tmpfs, no memory, or too many areas (vm.max_map_count)',
  'mlock2 EPERM': 'RLIMIT_MEMLOCK is 0; raise it (ulimit -l) or run with CAP_IPC_LOCK',
  'mlock2 EAGAIN': 'some pages could not be locked: past the end of the file, or no memory',
  'futex EFAULT':
    'the page of the word cannot be read: it is past the end of the file, its device failed, or the mapping has no PROT_READ',
  'memfd_create EMFILE': `${MORE_DESCRIPTORS} or close some`,
  'attach EMFILE': `${MORE_DESCRIPTORS} or close some`,
});

const files: AdviceTable = Object.freeze({
  'write EFBIG': TOO_LONG,
  'ftruncate EFBIG': TOO_LONG,
  'fallocate EBADF': 'the descriptor is closed, or was not opened for writing',
  'fallocate EFBIG': 'the range is past the limit of the file system, or of RLIMIT_FSIZE',
  'fallocate EINVAL':
    'length must be > 0, offset >= 0, and for FALLOC_FL_COLLAPSE_RANGE and FALLOC_FL_INSERT_RANGE both are multiples of the block size inside the file',
  'fallocate ENODEV': 'only regular files have blocks to allocate',
  'fallocate ENOSPC': 'the disk is full; free some space',
  'fallocate EOPNOTSUPP': 'this file system or this kernel does not support that mode',
  'fallocate ESPIPE': 'a pipe has no blocks to allocate',
  'copy_file_range EBADF': 'the source must be open for reading, the destination for writing and not for appending',
  'copy_file_range EINVAL': 'only regular files can be copied this way, and ranges of one file may not overlap',
  'copy_file_range EISDIR': 'a directory has no bytes to copy',
  'copy_file_range ENOSPC': 'the disk is full; free some space',
  'ioctl FICLONE EINVAL': 'the two files must be different regular files of one kind (DAX, encryption)',
  'ioctl FICLONE EOPNOTSUPP': `${NO_SHARED_BLOCKS} (xfs with reflink=1 and btrfs can); use copyRange()`,
  'ioctl FICLONE ENOTTY': `${NO_SHARED_BLOCKS} (xfs with reflink=1 and btrfs can); use copyRange()`,
  'ioctl FICLONE EXDEV': 'both files must be on one file system; use copyRange()',
  'ioctl FIDEDUPERANGE EBADF': 'the source must be open for reading',
  'ioctl FIDEDUPERANGE EINVAL':
    'both files must be regular, and offsets and length multiples of the block size inside them',
  'ioctl FIDEDUPERANGE EISDIR': 'a directory has no blocks to share',
  'ioctl FIDEDUPERANGE EOPNOTSUPP': `${NO_SHARED_BLOCKS}; xfs with reflink=1 and btrfs can`,
  'ioctl FIDEDUPERANGE ENOTTY': `${NO_SHARED_BLOCKS}; xfs with reflink=1 and btrfs can`,
});

const emulation: AdviceTable = Object.freeze({
  'write ENOSPC':
    'the disk is full; free some space and persist or close again: the bytes are still in memory, nothing is lost yet',
  'write EDQUOT':
    'the disk quota is exhausted; free some space and persist or close again: the bytes are still in memory',
  'write EFBIG':
    'past the limit of RLIMIT_FSIZE (ulimit -f), which counts for each write of the emulation; raise it and persist or close again: the bytes are still in memory',
  'write EIO': 'the device failed; treat the range as unknown and restore it from a copy',
});

const probe: AdviceTable = Object.freeze({
  'open EACCES': 'a file must be readable to be probed',
  'open EAGAIN': 'another process holds a lease on the file and was asked to give it up; try again',
});

const writer: AdviceTable = Object.freeze({
  'open ENOENT': 'no such file; make it first, because a writer lock makes none',
  'open EACCES': 'a writer lock needs a file that this process may write',
  'open EPERM': 'a writer lock needs a file that can be opened for writing (is it immutable, append-only or sealed?)',
  'open EROFS': 'the file system is mounted read-only, and a writer lock needs a file that can be written',
  'open EISDIR': 'a directory cannot be locked; name a file in it',
  'open ETXTBSY': 'the file is a program that is running; lock another file',
  'fcntl EINVAL':
    'this kernel or this file system has no locks of open file descriptions (F_OFD_SETLK, Linux 3.15), or a seccomp filter refuses them',
  'fcntl ENOLCK':
    'the kernel or the file server has no room for one more lock, or the lock service of NFS does not run',
});

/** Advice for failed system calls. There is one table, so that one failure reads the same wherever it occurs. */
export const advice: Readonly<Record<AdviceContext | 'general', AdviceTable>> = Object.freeze({
  general,
  files,
  emulation,
  probe,
  writer,
});
