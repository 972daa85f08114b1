#include "lease/lease_syscalls.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "lease/event_thread.h"

namespace mapdirect::lease_syscalls {
namespace {

constexpr long kDefaultBreakSeconds = 45;
constexpr std::chrono::milliseconds kLeastMargin{200};

// Empty when it cannot be read.
std::string Contents(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string contents;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::read(fd, buffer, sizeof(buffer))) > 0) contents.append(buffer, static_cast<std::size_t>(got));
  ::close(fd);
  return contents;
}

int SetLease(int fd, int type) { return ::fcntl(fd, F_SETLEASE, type) == 0 ? 0 : -errno; }

}  // namespace

int Take(int fd) {
  // Before every F_SETLEASE: F_UNLCK forgets both, and the signal of a lease without them is SIGIO to the whole
  // process, whose default is death.
  const int aimed = event_thread::SetSignalTarget(fd);
  return aimed == 0 ? SetLease(fd, F_WRLCK) : aimed;
}

int Drop(int fd) { return SetLease(fd, F_UNLCK); }

Status Ask(int fd) {
  if (::fcntl(fd, F_GETLEASE) == F_WRLCK) return Status::kIntact;
  // F_GETLEASE gives what a lease that is breaking will become: the same answer as for one that is gone.
  const std::string locks = Contents("/proc/self/fdinfo/" + std::to_string(fd));
  const bool gone = !locks.empty() && locks.find("BREAKING") == std::string::npos;
  return gone ? Status::kNone : Status::kBreaking;
}

// The kernel grants a lease anew only when ours is the only description; an opener who waits is counted as one.
bool IsWaitedFor(int fd) { return SetLease(fd, F_WRLCK) == -EAGAIN; }

std::chrono::milliseconds BreakTime() {
  const std::string setting = Contents("/proc/sys/fs/lease-break-time");
  const long seconds = setting.empty() ? kDefaultBreakSeconds : std::strtol(setting.c_str(), nullptr, 10);
  return std::chrono::seconds(std::max(seconds, 0L));
}

std::chrono::milliseconds Patience(std::chrono::milliseconds grace, std::chrono::milliseconds limit) {
  if (limit.count() == 0) return grace;
  return std::min(grace, limit - std::max(limit / 10, kLeastMargin));
}

}  // namespace mapdirect::lease_syscalls
