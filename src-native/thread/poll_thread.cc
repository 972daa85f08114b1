#include "thread/poll_thread.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>

#include "thread/thread.h"

namespace mapdirect {

int PollThread::Add(int fd, std::uint32_t events, std::uint64_t number) {
  const int poll = Start();
  return poll < 0 ? poll : Control(EPOLL_CTL_ADD, fd, events, number);
}

int PollThread::Change(int fd, std::uint32_t events, std::uint64_t number) {
  return Control(EPOLL_CTL_MOD, fd, events, number);
}

void PollThread::Remove(int fd) { static_cast<void>(Control(EPOLL_CTL_DEL, fd, 0, 0)); }

int PollThread::Control(int operation, int fd, std::uint32_t events, std::uint64_t number) {
  epoll_event event = {};
  event.events = events;
  event.data.u64 = number;
  return ::epoll_ctl(poll_, operation, fd, &event) == 0 ? 0 : -errno;
}

// Returns the epoll descriptor, or a negative errno.
int PollThread::Start() {
  const std::lock_guard<std::mutex> guard(lock_);
  if (poll_ >= 0) return poll_;
  poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (poll_ < 0) return -errno;
  if (StartThread(name_, Run, this)) return poll_;
  ::close(poll_);
  poll_ = -1;
  return -EAGAIN;
}

void* PollThread::Run(void* data) {
  const auto* const self = static_cast<PollThread*>(data);
  for (;;) {
    epoll_event event;
    if (::epoll_wait(self->poll_, &event, 1, /*timeout=*/-1) > 0) self->ready_(event.data.u64);
  }
}

}  // namespace mapdirect
