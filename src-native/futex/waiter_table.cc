#include "futex/waiter_table.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "futex/waiter_thread.h"
#include "thread/thread.h"

namespace mapdirect {

WaiterTable& TheWaiterTable() {
  static auto* const table = new WaiterTable;
  return *table;
}

void WaiterTable::Forget(const WaiterThread* thread) {
  threads.erase(std::find(threads.begin(), threads.end(), thread));
}

namespace waiters {
namespace {

// Both need the lock.

WaiterThread* FindRoom(const WaiterTable& table, std::size_t per_thread) {
  const auto found = std::find_if(table.threads.begin(), table.threads.end(),
                                  [per_thread](const WaiterThread* thread) { return thread->HasRoom(per_thread); });
  return found == table.threads.end() ? nullptr : *found;
}

WaiterThread* Start(WaiterTable& table, const Limits& limits) {
  if (table.threads.size() >= limits.threads) return nullptr;
  auto made = std::make_unique<WaiterThread>(limits.per_thread);
  if (!StartThread(WaiterThread::Run, made.get())) return nullptr;
  table.threads.push_back(made.get());
  return made.release();  // the thread owns itself
}

// Calls `use(thread, waiter)` for each waiter, until it returns false.
template <typename Use>
void ForEach(const WaiterTable& table, Use use) {
  for (WaiterThread* thread : table.threads) {
    for (const auto& waiter : thread->Waiters()) {
      if (!use(*thread, *waiter)) return;
    }
  }
}

// Returns whether the owner had any.
bool CancelAllOf(const WaiterTable& table, const Environment* owner) {
  bool has_any = false;
  ForEach(table, [owner, &has_any](WaiterThread& thread, Waiter& waiter) {
    if (waiter.request.owner != owner) return true;
    has_any = true;
    if (!std::exchange(waiter.cancelled, true)) thread.Ring();
    return true;
  });
  return has_any;
}

}  // namespace

std::int64_t Add(std::unique_ptr<Waiter> waiter, const Limits& limits) {
  WaiterTable& table = TheWaiterTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  WaiterThread* const found = FindRoom(table, limits.per_thread);
  WaiterThread* const thread = found != nullptr ? found : Start(table, limits);
  if (thread == nullptr) return -EAGAIN;
  const std::int64_t id = waiter->id = ++table.last_id;
  table.count++;
  thread->Add(std::move(waiter));
  return id;
}

bool Cancel(std::int64_t id) {
  WaiterTable& table = TheWaiterTable();
  const std::lock_guard<std::mutex> guard(table.lock);
  bool is_cancelled = false;
  ForEach(table, [id, &is_cancelled](WaiterThread& thread, Waiter& waiter) {
    if (waiter.id != id) return true;
    is_cancelled = waiter.cancelled = waiter.cancelled || !waiter.notified;
    thread.Ring();
    return false;
  });
  return is_cancelled;
}

int Notify(const futex::Word* word, int count, bool are_woken) {
  WaiterTable& table = TheWaiterTable();
  if (table.count == 0) return 0;
  const std::lock_guard<std::mutex> guard(table.lock);
  int notified = 0;
  int uncounted = 0;
  ForEach(table, [&](WaiterThread& thread, Waiter& waiter) {
    if (waiter.request.word != word || waiter.cancelled || waiter.notified) return true;
    waiter.notified = true;
    thread.Ring();
    uncounted += waiter.is_new || !are_woken ? 1 : 0;
    return ++notified < count;
  });
  return uncounted;
}

void DropAllOf(const Environment* owner) {
  constexpr std::chrono::seconds kPatience(1);
  WaiterTable& table = TheWaiterTable();
  if (table.count == 0) return;
  std::unique_lock<std::mutex> guard(table.lock);
  table.released.wait_for(guard, kPatience, [&table, owner] { return !CancelAllOf(table, owner); });
}

}  // namespace waiters
}  // namespace mapdirect
