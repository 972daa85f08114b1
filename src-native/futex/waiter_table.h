// The waiters of waitAsync() in all environments of the process, and their threads.

#ifndef MAPDIRECT_WAITER_TABLE_H_
#define MAPDIRECT_WAITER_TABLE_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "futex/waiter.h"

namespace mapdirect {

class WaiterThread;

// Never destroyed: the threads may outlive static destruction at exit.
struct WaiterTable final {
  void Forget(const WaiterThread* thread);

  std::mutex lock;
  std::condition_variable released;    // some waiters have left the queues of the kernel
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

// For the rest of a notify() for which the kernel found fewer than `count` waiters: every waiter in the kernel's queue
// was woken then, and waiters of this process that stand in no queue at that moment end, too. Returns the number of
// those, without waiters that the kernel may have counted (`are_woken`: it has woken some).
[[nodiscard]] int Notify(const futex::Word* word, int count, bool are_woken);

// Ends all waiters of an ending environment. On return no queue of the kernel has them, unless a page of a file that
// hangs keeps a thread for more than a second.
void DropAllOf(const Environment* owner);

}  // namespace waiters
}  // namespace mapdirect

#endif  // MAPDIRECT_WAITER_TABLE_H_
