import type { RegistrationLedger } from '../backend/registrations.js';
import { errno, systemError, type SystemError } from '../core/errors.js';
import { readNumber } from '../storage/sysfs.js';
import { memoryKindOf, type MemoryKind } from './memory-kind.js';
import { noPeers, type Registered, type RegistrationProvider, type RegistrationRequest } from './provider.js';
import { RingQueue } from './ring-queue.js';

const GIB = 2 ** 30;

const PINNED =
  'The pages are pinned: they stay in memory until the registration ends, and count against RLIMIT_MEMLOCK of the user.';

const VIEW = 'A read or write with O_DIRECT into a view copies nothing, either, and needs no registration';

function forbidden(): string {
  const setting = readNumber('/proc/sys/kernel/io_uring_disabled') ?? 0;
  return setting > 0
    ? `kernel.io_uring_disabled is ${setting}: io_uring is switched off on this machine. ${VIEW}`
    : `io_uring is forbidden here: containers forbid it by default (seccomp). ${VIEW}`;
}

function adviceFor(result: number, kind: MemoryKind, length: number): string | undefined {
  switch (result) {
    case errno.EPERM:
      return forbidden();
    case errno.ENOSYS:
      return `io_uring with registered buffers needs Linux 5.11. ${VIEW}`;
    case errno.ENOMEM:
      return 'the pages cannot be pinned: io_uring counts all of a user against RLIMIT_MEMLOCK. Raise it (ulimit -l, LimitMEMLOCK= of systemd), register less, or give the process CAP_IPC_LOCK';
    case errno.EOPNOTSUPP:
      return kind === 'fsdax'
        ? `the kernel never pins memory of a file on DAX for long, sealed or not. Use a device-dax (Linux 6.5). ${VIEW}`
        : `this kernel pins only anonymous memory, tmpfs and huge pages for io_uring; Linux 6.5 also a device-dax. ${VIEW}`;
    case errno.EFAULT:
      if (kind === 'page cache')
        return `the kernel never pins the page cache of a file for long with write access. Use tmpfs or anonymous(). ${VIEW}`;
      return length > GIB ? 'one buffer of io_uring has at most 1 GiB on this kernel: register less' : undefined;
    default:
      return undefined;
  }
}

/** Why io_uring cannot register memory: the error of register(). */
export function ringFailed(result: number, kind: MemoryKind, length: number, path: string | undefined): SystemError {
  const isSetup = result === errno.EPERM || result === errno.ENOSYS;
  return systemError(result, isSetup ? 'io_uring_setup' : 'io_uring_register', path, adviceFor(result, kind, length));
}

/** A buffer of io_uring: bytes go between it and files without a copy, if the file was opened with O_DIRECT. */
export class RingProvider implements RegistrationProvider {
  readonly name = 'io_uring';

  constructor(private readonly ledger: RegistrationLedger) {}

  /** @throws EPERM, ENOSYS, EOPNOTSUPP, EFAULT, ENOMEM, ECANCELED. */
  register({ region, offset, length, access, path, lockFd }: RegistrationRequest): Registered {
    noPeers(this.name, access, path);
    const ring = this.ledger.registerRing(region, { offset, length }, lockFd);
    if (typeof ring === 'number') throw ringFailed(ring, memoryKindOf(region), length, path);
    return {
      id: ring.id,
      address: region.address + BigInt(offset),
      onDemand: false,
      reasons: [PINNED],
      transfers: new RingQueue(ring, path),
    };
  }
}
