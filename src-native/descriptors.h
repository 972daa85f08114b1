// The file descriptors of one environment. They are not known to Node's own tracking: they would survive
// worker.terminate() if nobody closed them.

#ifndef MAPDIRECT_DESCRIPTORS_H_
#define MAPDIRECT_DESCRIPTORS_H_

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <unordered_map>

#include "leases.h"
#include "lock.h"

namespace mapdirect {

// Closes what is left when its last owner is gone: the environment, or a call that was still under way when that ended.
// Not earlier, or the call could act on a file that has the number next. Used on the environment's thread, then by the
// last owner alone.
class Descriptors final {
 public:
  Descriptors() = default;
  ~Descriptors() {
    for (const auto& [fd, locked] : open_) {
      if (locked) DropLocks(fd);
      ::close(fd);
    }
  }
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;

  void Adopt(int fd) { open_.emplace(fd, false); }

  // It holds a lock of its description, which would outlive close(2) as long as a mapping or a duplicate does.
  void NoteLock(int fd) {
    const auto found = open_.find(fd);
    if (found != open_.end()) found->second = true;
  }

  // 0 or a negative errno (-EBADF: never adopted, or closed before).
  [[nodiscard]] int Close(int fd) {
    const auto found = open_.find(fd);
    if (found == open_.end()) return -EBADF;
    if (found->second) DropLocks(fd);
    open_.erase(found);
    leases::ForgetDescriptor(fd);
    // Linux frees the descriptor even when close(2) reports EINTR: never retried (man 2 close).
    return ::close(fd) != 0 && errno != EINTR ? -errno : 0;
  }

 private:
  std::unordered_map<int, bool> open_;  // and whether it holds a lock
};

}  // namespace mapdirect

#endif  // MAPDIRECT_DESCRIPTORS_H_
