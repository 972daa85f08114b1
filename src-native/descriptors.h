// The file descriptors of one environment. They are not known to Node's own tracking: they would survive
// worker.terminate() if nobody closed them.

#ifndef MAPDIRECT_DESCRIPTORS_H_
#define MAPDIRECT_DESCRIPTORS_H_

#include <unistd.h>

#include <cerrno>
#include <unordered_set>

namespace mapdirect {

// Closes what is left when its last owner is gone: the environment, or a call that was still under way when that ended.
// Not earlier, or the call could act on a file that has the number next. Used on the environment's thread, then by the
// last owner alone.
class Descriptors final {
 public:
  Descriptors() = default;
  ~Descriptors() {
    for (const int fd : open_) ::close(fd);
  }
  Descriptors(const Descriptors&) = delete;
  Descriptors& operator=(const Descriptors&) = delete;

  void Adopt(int fd) { open_.insert(fd); }

  // 0 or a negative errno (-EBADF: never adopted, or closed before).
  [[nodiscard]] int Close(int fd) {
    if (open_.erase(fd) == 0) return -EBADF;
    // Linux frees the descriptor even when close(2) reports EINTR: never retried (man 2 close).
    return ::close(fd) != 0 && errno != EINTR ? -errno : 0;
  }

 private:
  std::unordered_set<int> open_;
};

}  // namespace mapdirect

#endif  // MAPDIRECT_DESCRIPTORS_H_
