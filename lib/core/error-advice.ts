import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';

const NO_URL = 'a string is a path, also where it looks like a URL; pass new URL(...) for a URL';
const NO_THREAD =
  'no thread could be started for it, and nothing was done; see RLIMIT_NPROC, RLIMIT_AS and pids.max of the cgroup, and call again';

/**
 * What to do about a failed system call, by "syscall CODE". One table, so that the same failure reads the same wherever
 * it is met.
 */
const advice: Readonly<Record<string, string>> = Object.freeze({
  'open ENOENT': 'no such file or directory',
  'open EACCES':
    "no permission; access: 'write' needs a file that can be read and written, access: 'read' a readable one",
  'open EAGAIN':
    'somebody holds a lease on the file, perhaps a seal with enforcement: lease. It was asked to give it up: try again, or await seals.requestBreak(path)',
  'fcntl F_SETLEASE EAGAIN':
    'a lease wants the mapping to be the only open of the file, in all processes: close every other one, also in this process (lsof PATH names them)',
  'fcntl F_SETLEASE EACCES': 'only the owner of the file, or a process with CAP_LEASE, may take a lease on it',
  'fcntl F_SETLEASE EINVAL': 'this file system has no leases; use ext4, xfs or tmpfs',
  'inotify_add_watch ENOSPC':
    'the user has as many inotify watches as /proc/sys/fs/inotify/max_user_watches allows; raise it',
  'inotify_add_watch EMFILE':
    'the user has as many inotify instances as /proc/sys/fs/inotify/max_user_instances allows; raise it',
  'open EPERM': "the file may not be opened so (immutable or append-only?); access: 'read' needs only a readable file",
  'open EROFS': "the file system is mounted read-only; use access: 'read' or 'copy'",
  'open EISDIR': 'a directory cannot be mapped; name a file in it',
  'open ETXTBSY': "the file is a program that is running; use access: 'read'",
  'open ENOTDIR': 'a part of the path is not a directory',
  'open ELOOP': 'too many symbolic links in the path',
  'open EMFILE':
    'the process has as many descriptors open as RLIMIT_NOFILE allows; raise it (ulimit -n) or close some. Mappings of one file share one descriptor',
  'open ENXIO': 'a device or FIFO that nobody serves cannot be mapped',
  'fcntl EBADF': 'the descriptor is closed, or was never open',
  'fcntl EINVAL':
    'locks of open file descriptions (F_OFD_SETLK, Linux 3.15) are not known to this kernel, or a seccomp filter does not let them through: allow them. Whatever may change the blocks of a file asks by them whether it is sealed',
  'fcntl F_SETLEASE ENOMEM':
    'no memory, or no thread could be started that hears of the lease; see RLIMIT_NPROC, RLIMIT_AS and pids.max of the cgroup, and try again',
  'fcntl EMFILE':
    'the process has as many descriptors open as RLIMIT_NOFILE allows; raise it (ulimit -n) or close some',
  'fstat EBADF': 'the descriptor is closed, or was never open',
  'mmap EACCES':
    "access: 'write' needs a descriptor opened for reading and writing ('r+'), 'read' and 'copy' a readable one. A few files of the kernel and of drivers " +
    'forbid PROT_WRITE even to a private mapping: mmap() with PROT_READ gives their address, without views',
  'mmap EBADF': 'the descriptor is closed, or was never open',
  'mmap ENODEV':
    'this kind of file (a pipe, a socket, some devices, what the kernel makes as it is read: procfs, sysfs) cannot be mapped; use a regular file. ' +
    "Of FUSE (direct_io), 9p and virtiofs some regular files have no shared mappings: access: 'read' and 'copy' work there",
  'mmap ENOMEM':
    'no address space, no memory, or too many mappings; see vm.max_map_count, RLIMIT_AS and vm.overcommit_memory, or map less',
  'mmap EINVAL':
    'a length, an offset or a flag does not suit this kind of file (MAP_HUGETLB wants a file of hugetlbfs); the flags need one of MAP_SHARED, MAP_SHARED_VALIDATE and MAP_PRIVATE',
  'mmap EPERM': 'the file is sealed against this access, or the file system is mounted noexec',
  'mmap EAGAIN': 'too much memory is locked; see RLIMIT_MEMLOCK (ulimit -l)',
  'mmap EOPNOTSUPP': 'a flag is not supported for this file',
  'mmap EOVERFLOW': 'the range is past what the file system can address',
  'msync EIO':
    'the device failed. What was dirty may be lost and the pages are marked clean: a retry that succeeds proves nothing. Treat the range as unknown and restore it from a copy',
  'msync ENOSPC':
    'there is no room for what was dirty: allocate blocks when mapping (size; no help on thinly provisioned storage), and treat it as unknown. A retry that succeeds proves nothing',
  'msync EAGAIN': NO_THREAD,
  'msync EDQUOT':
    'the disk quota is exhausted; allocate blocks when mapping (size), and treat what was dirty as unknown',
  'fsync EIO':
    'the device failed. What was dirty may be lost and the pages are marked clean: a retry that succeeds proves nothing. Treat the file as unknown and restore it from a copy',
  'syncfs EIO': 'the device failed, and the entry of the new file may not be on the disk; make it anew elsewhere',
  'syncfs EAGAIN': NO_THREAD,
  'fsync ENOSPC': 'there is no room for what was dirty; treat it as unknown. A retry that succeeds proves nothing',
  'fsync EAGAIN': NO_THREAD,
  'fallocate EAGAIN': NO_THREAD,
  'fallocate ENOSPC': 'the disk is full; free some space or map less',
  'fallocate EDQUOT': 'the disk quota is exhausted',
  'fallocate EFBIG': 'larger than the file system, or RLIMIT_FSIZE, allows',
  'fallocate EOPNOTSUPP':
    'this file system cannot allocate blocks ahead; make the file with its full content by other means, then map it without size',
  'fallocate EPERM': 'the file is sealed or immutable',
  'fallocate EBADF': "size needs access: 'write'",
  'ftruncate EFBIG':
    'longer than RLIMIT_FSIZE (ulimit -f), which counts for memory of anonymous() too, or than the file system allows; raise it, or ask for less',
  'ftruncate EPERM': 'the file is sealed against this change (F_SEAL_GROW, F_SEAL_SHRINK)',
  'madvise EINVAL': 'this kernel, file system or kind of mapping does not know that advice for this range',
  'madvise EFAULT':
    'pages of the range cannot be had: past the end of the file, the disk is full, or the device could not read them (the kernel log says so)',
  'madvise EHWPOISON': 'the memory has a media error',
  'madvise EAGAIN': NO_THREAD,
  'madvise ENOMEM': 'not enough memory',
  'mlock2 ENOMEM':
    'more than RLIMIT_MEMLOCK allows: raise it (ulimit -l), lock less, or run with CAP_IPC_LOCK. Or a page cannot be had: a hole of a file on a tmpfs that is full, no memory, or too many areas (vm.max_map_count)',
  'mlock2 EPERM': 'RLIMIT_MEMLOCK is 0; raise it (ulimit -l) or run with CAP_IPC_LOCK',
  'mlock2 EAGAIN': 'some pages could not be locked: past the end of the file, or no memory',
  'memfd_create EMFILE': 'the process has as many descriptors open as RLIMIT_NOFILE allows; raise it (ulimit -n)',
});

function codeOfLook(path: string): string | undefined {
  try {
    lstatSync(path);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

/** What the name says, where it is that and not the file which is in the way. */
function adviceForPath(syscall: string, code: string, path: string): string | undefined {
  if (code === 'ENOENT' && path.startsWith('file:')) return NO_URL;
  if (syscall !== 'open' || code !== 'EACCES') return undefined;
  const look = codeOfLook(path);
  if (look === 'ENOENT')
    return `there is no such file, and no permission to make one in the directory '${dirname(path)}'`;
  return look === 'EACCES' ? `no permission to search the directory '${dirname(path)}', or one above it` : undefined;
}

/**
 * The sentence for a failed call, if one is known.
 *
 * @param given - what the caller knows better than the table; only the name itself says more.
 */
export function adviceFor(syscall: string, code: string, path?: string, given?: string): string | undefined {
  return (path === undefined ? undefined : adviceForPath(syscall, code, path)) ?? given ?? advice[`${syscall} ${code}`];
}
