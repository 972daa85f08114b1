#include "rdma/completion_thread.h"

#include <sys/epoll.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <mutex>

#include "rdma/domain.h"
#include "thread/thread.h"

namespace mapdirect::rdma::completion_thread {
namespace {

// The data of an epoll event: the id of the domain, doubled; plus 1 for the descriptor of its device events.
constexpr std::uint64_t kDeviceEvents = 1;

void* Run(void* data) {
  const int poll = static_cast<int>(reinterpret_cast<std::intptr_t>(data));
  for (;;) {
    epoll_event event;
    if (::epoll_wait(poll, &event, 1, /*timeout=*/-1) <= 0) continue;
    // A domain that is closed meanwhile lives until this reference is gone.
    const std::shared_ptr<Domain> domain = domains::Find(static_cast<std::int64_t>(event.data.u64 / 2));
    if (domain == nullptr) continue;
    if (event.data.u64 % 2 == kDeviceEvents) {
      domain->ReadEvents();
    } else {
      domain->ReadCompletions();
    }
  }
}

// Returns the epoll descriptor of the thread, or a negative errno.
int Start() {
  static std::mutex lock;
  static int poll = -1;
  const std::lock_guard<std::mutex> guard(lock);
  if (poll >= 0) return poll;
  const int made = ::epoll_create1(EPOLL_CLOEXEC);
  if (made < 0) return -errno;
  if (!StartThread(Run, reinterpret_cast<void*>(static_cast<std::intptr_t>(made)))) return -EAGAIN;
  poll = made;
  return poll;
}

int Add(int poll, int fd, std::uint64_t data) {
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLET;  // a device that is gone is reported once
  event.data.u64 = data;
  return ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

}  // namespace

int Listen(const Domain& domain) {
  const int poll = Start();
  if (poll < 0) return poll;
  const std::uint64_t data = static_cast<std::uint64_t>(domain.id) * 2;
  const int added = Add(poll, domain.Channel()->fd, data);
  return added != 0 ? added : Add(poll, domain.Context()->async_fd, data + kDeviceEvents);
}

void Forget(const Domain& domain) {
  const int poll = Start();
  if (poll < 0) return;
  ::epoll_ctl(poll, EPOLL_CTL_DEL, domain.Channel()->fd, nullptr);
  ::epoll_ctl(poll, EPOLL_CTL_DEL, domain.Context()->async_fd, nullptr);
}

}  // namespace mapdirect::rdma::completion_thread
