#include "rdma/completion_thread.h"

#include <sys/epoll.h>

#include <cstdint>
#include <memory>

#include "rdma/domain.h"
#include "thread/poll_thread.h"

namespace mapdirect::rdma::completion_thread {
namespace {

// The number of a descriptor: the id of the domain, doubled; plus 1 for the descriptor of its device events.
constexpr std::uint64_t kDeviceEvents = 1;
constexpr std::uint32_t kEvents = EPOLLIN | EPOLLET;  // a device that is gone is reported once

void Read(std::uint64_t number) {
  // A domain that is closed meanwhile lives until this reference is gone.
  const std::shared_ptr<Domain> domain = domains::Find(static_cast<std::int64_t>(number / 2));
  if (domain == nullptr) return;
  if (number % 2 == kDeviceEvents) {
    domain->ReadEvents();
  } else {
    domain->ReadCompletions();
  }
}

PollThread& Thread() {
  static auto* const thread = new PollThread("mapdirect-rdma", Read);
  return *thread;
}

}  // namespace

int Listen(const Domain& domain) {
  const std::uint64_t number = static_cast<std::uint64_t>(domain.id) * 2;
  const int added = Thread().Add(domain.Channel()->fd, kEvents, number);
  return added != 0 ? added : Thread().Add(domain.Context()->async_fd, kEvents, number + kDeviceEvents);
}

void Forget(const Domain& domain) {
  Thread().Remove(domain.Channel()->fd);
  Thread().Remove(domain.Context()->async_fd);
}

}  // namespace mapdirect::rdma::completion_thread
