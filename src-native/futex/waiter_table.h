// The waiters of waitAsync() in all environments of the process, and their threads.

#ifndef MAPDIRECT_WAITER_TABLE_H_
#define MAPDIRECT_WAITER_TABLE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "futex/waiter.h"
#include "thread/timed_condition.h"

namespace mapdirect {

class WaiterThread;

// Never destroyed: the threads may outlive static destruction at exit.
struct WaiterTable final {
  // These need the lock.
  void Forget(const WaiterThread* thread);
  // As waiters::Notify().
  [[nodiscard]] int Notify(futex::Word* word, int count);
  [[nodiscard]] int Mark(const futex::Word* word, int count, bool are_new, bool alone);

  std::mutex lock;                     // guards all fields
  TimedCondition released;             // some waiters have left the queues of the kernel
  std::vector<WaiterThread*> threads;  // each owns itself until it ends
  std::atomic<std::size_t> count{0};   // of waiters
  std::int64_t last_id{0};
};

[[nodiscard]] WaiterTable& TheWaiterTable();

namespace waiters {

struct Limits final {
  std::size_t per_thread;  // 1, or at most futex::kMostSlots - 1
  std::size_t threads;
};

// Returns the id of the waiter, > 0 and never used again. -EAGAIN: every thread that `limits` allows is full, or no
// thread could be started.
[[nodiscard]] std::int64_t Add(std::unique_ptr<Waiter> waiter, const Limits& limits);

// Returns true if the waiter will end with -ECANCELED; false if it has ended, or its outcome is decided.
[[nodiscard]] bool Cancel(std::int64_t id);

// Wakes at most `count` waiters, > 0, in all processes. If the kernel finds fewer, then all waiters in its queues were
// woken, and waiters of this process that stand in no queue at that moment end, too. Returns the number of those that
// were woken, or a negative errno. The number may be too small: it lacks waiters that were about to enter a queue.
[[nodiscard]] int Notify(futex::Word* word, int count);

// Ends all waiters of an ending environment. On return no queue of the kernel has them, unless a page of a file that
// hangs keeps a thread for more than a second.
void DropAllOf(const Environment* owner);

}  // namespace waiters
}  // namespace mapdirect

#endif  // MAPDIRECT_WAITER_TABLE_H_
