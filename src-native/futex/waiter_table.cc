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
  if (!StartThread("mapdirect-futex", WaiterThread::Run, made.get())) return nullptr;
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
}  // namespace waiters

// Marks at most `count` waiters of the word, old or new ones, and returns their number.
int WaiterTable::Mark(const futex::Word* word, int count, bool are_new, bool alone) {
  int marked = 0;
  if (count <= 0) return 0;
  waiters::ForEach(*this, [&](WaiterThread& thread, Waiter& waiter) {
    const bool is_one = waiter.request.word == word && waiter.is_new == are_new;
    if (!is_one || waiter.cancelled || waiter.notified || waiter.has_ended) return true;
    waiter.notified = true;
    waiter.notified_alone = alone;
    thread.Ring();
    return ++marked < count;
  });
  return marked;
}

// The lock holds the threads back from their lists. So a waiter that is not new was in a queue, was about to enter one,
// or had just left one when the kernel looked.
int WaiterTable::Notify(futex::Word* word, int count) {
  const int woken = futex::Wake(word, count, futex::Kind::kShared);
  if (woken < 0 || woken == count) return woken;
  const bool alone = woken == 0;
  const int old = Mark(word, count, /*are_new=*/false, alone);
  const int fresh = Mark(word, count - std::max(woken, old), /*are_new=*/true, alone);
  return alone ? old + fresh : woken + fresh;
}

namespace waiters {

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

int Notify(futex::Word* word, int count) {
  WaiterTable& table = TheWaiterTable();
  if (table.count == 0) return futex::Wake(word, count, futex::Kind::kShared);
  const std::lock_guard<std::mutex> guard(table.lock);
  return table.Notify(word, count);
}

void DropAllOf(const Environment* owner) {
  constexpr std::chrono::seconds kPatience(1);
  WaiterTable& table = TheWaiterTable();
  if (table.count == 0) return;
  std::unique_lock<std::mutex> guard(table.lock);
  table.released.WaitFor(guard, kPatience, [&table, owner] { return !CancelAllOf(table, owner); });
}

}  // namespace waiters
}  // namespace mapdirect
