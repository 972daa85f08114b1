// The file descriptors of one environment. They are not known to Node's own tracking: they would survive
// worker.terminate() if nobody closed them.

#ifndef MAPDIRECT_DESCRIPTORS_H_
#define MAPDIRECT_DESCRIPTORS_H_

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "file/lock.h"
#include "lease/lease_table.h"

namespace mapdirect {

// One descriptor: closed with its last holder. Those are the environment, and calls under way that use it: closed
// earlier, such a call could act on a file that has the number next. Used on the environment's thread, then by the last
// holder alone.
class Descriptor final {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) static_cast<void>(Close());
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  // It holds a lock of its description, which would outlive close(2) as long as a mapping or a duplicate does.
  void NoteLock() { locked_ = true; }

  void DropNotedLocks() {
    if (locked_ && fd_ >= 0) DropLocks(fd_);
    locked_ = false;
  }

  // 0 or a negative errno.
  [[nodiscard]] int Close() {
    DropNotedLocks();
    // Linux frees the descriptor even when close(2) reports EINTR: never retried (man 2 close).
    return ::close(std::exchange(fd_, -1)) != 0 && errno != EINTR ? -errno : 0;
  }

 private:
  int fd_;  // -1: closed
  bool locked_{false};
};

using HeldDescriptors = std::vector<std::shared_ptr<Descriptor>>;

// Those of one environment.
class Descriptors final {
 public:
  void Adopt(int fd) { open_.emplace(fd, std::make_shared<Descriptor>(fd)); }

  void NoteLock(int fd) {
    const auto found = open_.find(fd);
    if (found != open_.end()) found->second->NoteLock();
  }

  // 0 or a negative errno (-EBADF: never adopted, or closed before).
  [[nodiscard]] int Close(int fd) {
    const auto found = open_.find(fd);
    if (found == open_.end()) return -EBADF;
    const std::shared_ptr<Descriptor> descriptor = std::move(found->second);
    descriptor->DropNotedLocks();
    open_.erase(found);
    lease_table::ForgetDescriptor(fd);
    return descriptor->Close();
  }

  // For a call that uses them. One that is not ours is the caller's to keep open.
  [[nodiscard]] HeldDescriptors Hold(std::initializer_list<int> fds) const {
    HeldDescriptors held;
    for (const int fd : fds) {
      const auto found = open_.find(fd);
      if (found != open_.end()) held.push_back(found->second);
    }
    return held;
  }

  // The environment ends: the locks go at once, also of those that a call under way still holds.
  void DropNotedLocks() {
    for (const auto& entry : open_) entry.second->DropNotedLocks();
  }

  // After lease_table::DropAllOf().
  void LetGo() { open_.clear(); }

 private:
  std::unordered_map<int, std::shared_ptr<Descriptor>> open_;
};

}  // namespace mapdirect

#endif  // MAPDIRECT_DESCRIPTORS_H_
