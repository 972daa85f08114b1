#include "uring/uring_syscalls.h"

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace mapdirect::uring {
namespace {

// linux/io_uring.h of Linux 5.11.
constexpr unsigned kSingleMap = 1U << 0;
constexpr unsigned kNoDrop = 1U << 1;
constexpr unsigned kExtendedArgument = 1U << 8;
constexpr unsigned kNeeded = kSingleMap | kNoDrop | kExtendedArgument;
constexpr unsigned kGetEvents = 1U << 0;
constexpr unsigned kWithArgument = 1U << 3;

// struct io_uring_getevents_arg.
struct WaitArgument final {
  std::uint64_t signals;
  std::uint32_t signals_size;
  std::uint32_t pad;
  std::uint64_t time;
};

// struct __kernel_timespec.
struct Time final {
  std::int64_t seconds;
  std::int64_t nanoseconds;
};

int Result(long returned) { return returned < 0 ? -errno : static_cast<int>(returned); }

// Older kernels wait here for a moment, and a signal ends that.
int Unregister(int ring, unsigned what) {
  int result = 0;
  do {
    result = Result(::syscall(SYS_io_uring_register, ring, what, nullptr, 0));
  } while (result == -EINTR);
  return result;
}

}  // namespace

int Setup(unsigned entries, io_uring_params* params) {
  const int ring = Result(::syscall(SYS_io_uring_setup, entries, params));
  if (ring < 0 || (params->features & kNeeded) == kNeeded) return ring;
  ::close(ring);
  return -ENOSYS;
}

int SubmitOne(int ring) {
  return Result(::syscall(SYS_io_uring_enter, ring, /*to_submit=*/1, /*min_complete=*/0, /*flags=*/0, nullptr, 0));
}

int WaitFor(int ring, unsigned count, std::chrono::seconds limit) {
  const Time time = {limit.count(), 0};
  const WaitArgument argument = {0, 0, 0, reinterpret_cast<std::uintptr_t>(&time)};
  return Result(::syscall(SYS_io_uring_enter, ring, /*to_submit=*/0, count, kGetEvents | kWithArgument, &argument,
                          sizeof(argument)));
}

int RegisterBuffer(int ring, void* address, std::size_t length) {
  const iovec buffer = {address, length};
  return Result(::syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1));
}

int UnregisterBuffers(int ring) { return Unregister(ring, IORING_UNREGISTER_BUFFERS); }

int RegisterFile(int ring, int fd) {
  return Result(::syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &fd, 1));
}

int UnregisterFiles(int ring) { return Unregister(ring, IORING_UNREGISTER_FILES); }

}  // namespace mapdirect::uring
