// A write lease on an open file, as the kernel has it: fcntl(2), F_SETLEASE. While it is held, every open(2) and
// truncate(2) of the file by any process waits, at most /proc/sys/fs/lease-break-time, and the kernel signals the event
// thread.

#ifndef MAPDIRECT_LEASE_SYSCALLS_H_
#define MAPDIRECT_LEASE_SYSCALLS_H_

namespace mapdirect::lease_syscalls {

enum class Status {
  kIntact,    // held, and no break was requested
  kBreaking,  // held, and a break was requested
  kNone,      // no write lease: the kernel took it, or it was never taken
};

// Takes the lease. The first call starts the event thread. Returns 0 or a negative errno; -EAGAIN: the file is open
// elsewhere too.
[[nodiscard]] int Take(int fd);

// Drops the lease: a waiting opener gets in at once. Returns 0 or a negative errno; -EAGAIN: there was no lease. A
// downgrade to a read lease would not help: it fails on a writable descriptor, and the opener would still wait.
[[nodiscard]] int Drop(int fd);

// Needs one system call while the lease is intact.
[[nodiscard]] Status Ask(int fd);

// Asks about a lease that is breaking: does an opener wait at this moment? An open with O_NONBLOCK counts until it
// fails with EWOULDBLOCK.
[[nodiscard]] bool IsOpenerWaiting(int fd);

}  // namespace mapdirect::lease_syscalls

#endif  // MAPDIRECT_LEASE_SYSCALLS_H_
