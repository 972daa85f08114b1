import { attempt, readText } from '../storage/sysfs.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import type { MemoryKind } from '../registration/memory-kind.js';

const CALL = 'ibv_reg_mr';

/** "RLIMIT_MEMLOCK is 8192 kB, and 64 kB are pinned". */
function memlock(): string {
  const limit = /^Max locked memory\s+(\S+)/m.exec(attempt(() => readText('/proc/self/limits')) ?? '')?.[1];
  const pinned = /^VmPin:\s+(\d+) kB/m.exec(readText('/proc/self/status') ?? '')?.[1] ?? '0';
  return `RLIMIT_MEMLOCK is ${limit ?? 'unknown'} bytes, and this process has ${pinned} kB pinned`;
}

function adviceFor(result: number, kind: MemoryKind): string | undefined {
  if (result === errno.ENOMEM)
    return `the pages cannot be pinned: ${memlock()}. Raise it (ulimit -l, LimitMEMLOCK= of systemd), register less, or give the process CAP_IPC_LOCK`;
  if (result === errno.EPERM)
    return `pinning is not allowed: ${memlock()}. Raise it (ulimit -l), or give the process CAP_IPC_LOCK`;
  if (result === errno.EOPNOTSUPP && kind === 'fsdax')
    return 'the kernel never pins memory of a file on DAX for long, sealed or not, and this device has no on-demand paging for it. Use a device-dax (/dev/daxN.M), or a device with on-demand paging (rdma.devices() shows onDemand)';
  if (result === errno.EFAULT && kind === 'page cache')
    return "the kernel never pins the page cache of a file for long with write access. Register it for 'remote-read' only, use tmpfs, memfd or device-dax, or a device with on-demand paging";
  if (result === errno.EINVAL)
    return 'the device does not know one of the access words, or the range is too long for it';
  return undefined;
}

export function registrationFailed(result: number, kind: MemoryKind, path: string | undefined): SystemError {
  return systemError(result, CALL, path, adviceFor(result, kind));
}

/** Linux before 6.5 would grant this pin. */
export function unsoundPin(path: string | undefined): SystemError {
  return systemError(
    errno.EOPNOTSUPP,
    CALL,
    path,
    "before Linux 6.5 the kernel pins the page cache of a file with write access, and its write-back then loses what the device stores. Register it for 'remote-read' only, or use tmpfs, memfd or device-dax",
  );
}

/** The device pages memory in for some operations only. */
export function noPaging(access: string, verb: string, path: string | undefined): SystemError {
  return systemError(
    errno.EOPNOTSUPP,
    CALL,
    path,
    `'${access}': the kernel does not pin this memory, and the on-demand paging of the device has no '${verb}' (rdma.devices() shows onDemand). Leave the right out, or use a device-dax`,
  );
}

export function noFlush(path: string | undefined): SystemError {
  return systemError(
    errno.EOPNOTSUPP,
    CALL,
    path,
    "'remote-flush': the device, or this kernel, has no RDMA FLUSH. Leave it out, and let the owner call mapping.persist()",
  );
}
