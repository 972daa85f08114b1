// The file descriptors of one environment. Node does not track them, so the environment must close them at its end;
// otherwise they would outlive worker.terminate().

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

// One descriptor, closed with its last holder. The holders are the environment and the running calls that use it. If it
// were closed earlier, a running call could act on the next file with the same number. Used on the environment's
// thread, then by the last holder only.
class Descriptor final {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) static_cast<void>(Close());
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  // The open file description has a lock, which would outlive close(2) while a mapping or a duplicate exists.
  void NoteLock() { locked_ = true; }

  void DropNotedLocks() {
    if (locked_ && fd_ >= 0) DropLocks(fd_);
    locked_ = false;
  }

  // Returns 0 or a negative errno.
  [[nodiscard]] int Close() {
    DropNotedLocks();
    // Linux frees the descriptor even if close(2) fails with EINTR, so there is no retry (man 2 close).
    return ::close(std::exchange(fd_, -1)) != 0 && errno != EINTR ? -errno : 0;
  }

 private:
  int fd_;  // -1: closed
  bool locked_{false};
};

using HeldDescriptors = std::vector<std::shared_ptr<Descriptor>>;

// The descriptors of one environment.
class Descriptors final {
 public:
  void Adopt(int fd) { open_.emplace(fd, std::make_shared<Descriptor>(fd)); }

  void NoteLock(int fd) {
    const auto found = open_.find(fd);
    if (found != open_.end()) found->second->NoteLock();
  }

  // Returns 0 or a negative errno; -EBADF: not adopted, or closed before.
  [[nodiscard]] int Close(int fd) {
    const auto found = open_.find(fd);
    if (found == open_.end()) return -EBADF;
    const std::shared_ptr<Descriptor> descriptor = std::move(found->second);
    descriptor->DropNotedLocks();
    open_.erase(found);
    lease_table::ForgetDescriptor(fd);
    return descriptor->Close();
  }

  // Keeps descriptors open for a call that uses them. A descriptor that was not adopted is skipped: its owner must keep
  // it open.
  [[nodiscard]] HeldDescriptors Hold(std::initializer_list<int> fds) const {
    HeldDescriptors held;
    for (const int fd : fds) {
      const auto found = open_.find(fd);
      if (found != open_.end()) held.push_back(found->second);
    }
    return held;
  }

  // Drops the locks at the end of the environment, also of descriptors that a running call holds.
  void DropNotedLocks() {
    for (const auto& entry : open_) entry.second->DropNotedLocks();
  }

  // A registration may still be used: the descriptors stay for the life of the process, and their locks with them, so
  // that no other process moves the blocks.
  void KeepForever() { static_cast<void>(new std::unordered_map(std::move(open_))); }

  // Must be called after lease_table::DropAllOf().
  void LetGo() { open_.clear(); }

 private:
  std::unordered_map<int, std::shared_ptr<Descriptor>> open_;
};

}  // namespace mapdirect

#endif  // MAPDIRECT_DESCRIPTORS_H_
