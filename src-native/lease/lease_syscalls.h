// A write lease on an open file, as the kernel keeps it: fcntl(2), F_SETLEASE. No open(2) or truncate(2) of the file by
// anybody goes through while it is held; it waits, at most /proc/sys/fs/lease-break-time, and the bell thread hears.

#ifndef MAPDIRECT_LEASE_SYSCALLS_H_
#define MAPDIRECT_LEASE_SYSCALLS_H_

#include <chrono>

namespace mapdirect::lease_syscalls {

enum class Status {
  kIntact,    // held, and nobody has asked for the file
  kBreaking,  // held, and somebody has
  kNone,      // not a write lease (any more): the kernel took it, or nobody had taken one
};

// Starts the bell thread when it is the first. 0 or a negative errno; -EAGAIN: the file is open elsewhere too.
[[nodiscard]] int Take(int fd);

// Whoever waits gets in at once. 0 or a negative errno; -EAGAIN: there was none. Downgrading to a read lease instead
// would fail on a writable descriptor and let nobody in.
int Drop(int fd);

// One system call as long as it is whole.
[[nodiscard]] Status Ask(int fd);

// Of a lease that is breaking: whether somebody has the file half open at this moment. An opener with O_NONBLOCK has
// too, until he gets his EWOULDBLOCK.
[[nodiscard]] bool IsWaitedFor(int fd);

// /proc/sys/fs/lease-break-time: how long a holder who was asked may keep it, until the kernel takes it away. 0: for
// ever. Asked before there is a lease: when one breaks, no descriptor may be left to read it with.
[[nodiscard]] std::chrono::milliseconds BreakTime();

// How long a holder who was asked may keep it, with a margin against `limit`, a BreakTime().
[[nodiscard]] std::chrono::milliseconds Patience(std::chrono::milliseconds grace, std::chrono::milliseconds limit);

}  // namespace mapdirect::lease_syscalls

#endif  // MAPDIRECT_LEASE_SYSCALLS_H_
