// The system calls of io_uring(7), without a library. The constants that they need are stated here, because the
// headers of the machine that compiles may be older than the kernel that runs.

#ifndef MAPDIRECT_URING_SYSCALLS_H_
#define MAPDIRECT_URING_SYSCALLS_H_

#include <linux/io_uring.h>

#include <chrono>

namespace mapdirect::uring {

// Each returns its result or a negative errno.

// io_uring_setup(2). The descriptor is O_CLOEXEC. -ENOSYS also if the kernel lacks a feature that this package needs.
[[nodiscard]] int Setup(unsigned entries, io_uring_params* params);
// Submits one request. Returns the number of requests that the kernel took: 1 or 0.
[[nodiscard]] int SubmitOne(int ring);
// Waits until the completion queue has `count` entries. -ETIME.
[[nodiscard]] int WaitFor(int ring, unsigned count, std::chrono::seconds limit);
[[nodiscard]] int RegisterBuffer(int ring, void* address, std::size_t length);
[[nodiscard]] int UnregisterBuffers(int ring);
// The ring refers to the open file description from now on, as a descriptor would.
[[nodiscard]] int RegisterFile(int ring, int fd);
[[nodiscard]] int UnregisterFiles(int ring);

}  // namespace mapdirect::uring

#endif  // MAPDIRECT_URING_SYSCALLS_H_
