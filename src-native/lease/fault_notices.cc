#include "lease/fault_notices.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <vector>

#include "lease/event_thread.h"
#include "memory/fault_guard.h"

namespace mapdirect::fault_notices {
namespace {

// Never destroyed: the event thread may outlive static destruction at exit.
struct Receivers final {
  std::mutex lock;
  std::vector<std::weak_ptr<Listener>> listeners;
};

Receivers& TheReceivers() {
  static auto* const receivers = new Receivers;
  return *receivers;
}

}  // namespace

int SendTo(const std::shared_ptr<Listener>& listener) {
  const int fd = event_thread::FaultDescriptor();
  if (fd < 0) return fd;
  Receivers& receivers = TheReceivers();
  const std::lock_guard<std::mutex> guard(receivers.lock);
  const bool is_known = std::any_of(receivers.listeners.begin(), receivers.listeners.end(),
                                    [&listener](const auto& known) { return known.lock() == listener; });
  if (!is_known) receivers.listeners.push_back(listener);
  fault_guard::AnnounceTo(fd);
  return 0;
}

void Read(int fd) {
  std::uint64_t faults = 0;
  if (::read(fd, &faults, sizeof(faults)) < 0) return;
  Receivers& receivers = TheReceivers();
  const std::lock_guard<std::mutex> guard(receivers.lock);
  auto& listeners = receivers.listeners;
  listeners.erase(
      std::remove_if(listeners.begin(), listeners.end(), [](const auto& listener) { return listener.expired(); }),
      listeners.end());
  for (const auto& each : listeners) {
    const std::shared_ptr<Listener> listener = each.lock();
    if (listener == nullptr) continue;
    listener->Notify(std::unique_ptr<Notice>(new Notice{NoticeKind::kFault, /*id=*/0, /*detail=*/1, /*mask=*/nullptr}));
  }
}

}  // namespace mapdirect::fault_notices
