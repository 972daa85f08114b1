// A thread that waits for descriptors with epoll(7).

#ifndef MAPDIRECT_POLL_THREAD_H_
#define MAPDIRECT_POLL_THREAD_H_

#include <cstdint>
#include <mutex>

namespace mapdirect {

// It starts with the first descriptor and runs until the process ends, so the object is never destroyed.
class PollThread final {
 public:
  // Called on the thread with the number of a descriptor that is ready.
  using Ready = void (*)(std::uint64_t number);

  PollThread(const char* name, Ready ready) : name_(name), ready_(ready) {}
  PollThread(const PollThread&) = delete;
  PollThread& operator=(const PollThread&) = delete;

  // `events`: as epoll_ctl(2) has them. Returns 0 or a negative errno.
  [[nodiscard]] int Add(int fd, std::uint32_t events, std::uint64_t number);
  // Changes the events of a descriptor: one with EPOLLONESHOT is asked again.
  [[nodiscard]] int Change(int fd, std::uint32_t events, std::uint64_t number);
  // Must be called before the descriptor is closed. A call for it may still run, or follow.
  void Remove(int fd);

 private:
  [[nodiscard]] int Start();
  [[nodiscard]] int Control(int operation, int fd, std::uint32_t events, std::uint64_t number);
  static void* Run(void* self);

  const char* const name_;
  const Ready ready_;
  std::mutex lock_;  // guards poll_ until it is set
  int poll_{-1};
};

}  // namespace mapdirect

#endif  // MAPDIRECT_POLL_THREAD_H_
