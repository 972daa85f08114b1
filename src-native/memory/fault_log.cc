#include "memory/fault_log.h"

#include <sched.h>

namespace mapdirect::fault_log {

std::atomic<std::uint32_t> count{0};

namespace {

enum State : std::uint32_t { kFree, kBusy, kReady };

// A thread reads or writes the other fields only while it has set `state` to kBusy.
struct Entry final {
  std::atomic<std::uint32_t> state{kFree};
  Fault fault{};
};

constexpr std::size_t kEntries = 1024;
Entry entries[kEntries];
std::atomic<std::uint32_t> ready{0};  // entries; at least as many as there are

bool Seize(Entry& entry, std::uint32_t from) {
  return entry.state.load(std::memory_order_relaxed) == from &&
         entry.state.compare_exchange_strong(from, kBusy, std::memory_order_acquire);
}

void Release(Entry& entry, std::uint32_t to) { entry.state.store(to, std::memory_order_release); }

// For Take(), which must not miss the wanted entry because another thread looks at it. Never in a signal handler: it
// waits for the other thread.
bool SeizeReady(Entry& entry) {
  while (entry.state.load(std::memory_order_acquire) != kFree) {
    if (Seize(entry, kReady)) return true;
    ::sched_yield();
  }
  return false;
}

// Sequential stores into a full disk fault page by page; they must not fill the log.
bool Extend(const Fault& fault) {
  for (Entry& entry : entries) {
    if (!Seize(entry, kReady)) continue;
    Fault& known = entry.fault;
    const bool is_next = known.serial == fault.serial && known.reason == fault.reason && known.offset <= fault.offset &&
                         fault.offset <= known.offset + known.length;
    if (is_next && fault.offset + fault.length > known.offset + known.length) {
      known.length = fault.offset + fault.length - known.offset;
    }
    Release(entry, kReady);
    if (is_next) return true;
  }
  return false;
}

bool Insert(const Fault& fault) {
  for (Entry& entry : entries) {
    if (!Seize(entry, kFree)) continue;
    ready.fetch_add(1, std::memory_order_release);
    entry.fault = fault;
    Release(entry, kReady);
    return true;
  }
  return false;
}

}  // namespace

std::size_t LengthBefore(const Fault& fault) {
  for (Entry& entry : entries) {
    if (!Seize(entry, kReady)) continue;
    const Fault known = entry.fault;
    Release(entry, kReady);
    const bool is_before = known.serial == fault.serial && known.reason == fault.reason;
    if (is_before && known.offset + known.length == fault.offset) return known.length;
  }
  return 0;
}

bool Add(const Fault& fault) {
  const bool added = Extend(fault) || Insert(fault);
  count.fetch_add(1, std::memory_order_release);  // after the entry: a reader of the new count finds it
  return added;
}

bool Take(std::uint64_t serial, Fault* taken) {
  if (ready.load(std::memory_order_acquire) == 0) return false;
  for (Entry& entry : entries) {
    if (!SeizeReady(entry)) continue;
    const bool is_wanted = entry.fault.serial == serial;
    if (is_wanted) *taken = entry.fault;
    Release(entry, is_wanted ? kFree : kReady);
    if (!is_wanted) continue;
    ready.fetch_sub(1, std::memory_order_relaxed);
    return true;
  }
  return false;
}

void Forget(std::uint64_t serial) {
  Fault fault;
  while (Take(serial, &fault)) continue;
}

}  // namespace mapdirect::fault_log
