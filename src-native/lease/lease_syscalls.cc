#include "lease/lease_syscalls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "lease/event_thread.h"

namespace mapdirect::lease_syscalls {
namespace {

// Returns an empty string if the file cannot be read.
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
  // Needed before every F_SETLEASE, because F_UNLCK clears the target and the signal number. Without them the kernel
  // sends SIGIO to the process, and the default action of SIGIO ends it.
  const int targeted = event_thread::SetSignalTarget(fd);
  return targeted == 0 ? SetLease(fd, F_WRLCK) : targeted;
}

int Drop(int fd) { return SetLease(fd, F_UNLCK); }

Status Ask(int fd) {
  if (::fcntl(fd, F_GETLEASE) == F_WRLCK) return Status::kIntact;
  // For a breaking lease F_GETLEASE returns the type that it will have: the same answer as for no lease.
  const std::string locks = Contents("/proc/self/fdinfo/" + std::to_string(fd));
  const bool is_gone = !locks.empty() && locks.find("BREAKING") == std::string::npos;
  return is_gone ? Status::kNone : Status::kBreaking;
}

// The kernel grants the lease again only if the file has no other open description. It counts a waiting opener as one.
bool IsOpenerWaiting(int fd) { return SetLease(fd, F_WRLCK) == -EAGAIN; }

}  // namespace mapdirect::lease_syscalls
