// A thread that waits for many words at once, on behalf of waiters of all environments.
//
//   slots of futex_waitv(2):  doorbell │ word A │ word A │ word B │ word C ...      one for each waiter
//
// The kernel counts each slot as one waiter, so notify(count) wakes as many waiters as it says. The doorbell is a word
// of this process: its change makes the thread look at its list again. Between two waits no slot is in a queue of the
// kernel, and of two words that were notified at one moment the kernel reports one. No wake-up is lost in that way, if
// the word was changed before: the next wait compares every word, and a waiter whose word has another value has ended.

#ifndef MAPDIRECT_WAITER_THREAD_H_
#define MAPDIRECT_WAITER_THREAD_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

#include "futex/futex_syscalls.h"
#include "futex/waiter.h"

namespace mapdirect {

struct WaiterTable;

class WaiterThread final {
 public:
  // `capacity` 1: by futex(2), which cannot wait for a doorbell as well. Then the thread looks at its list in
  // intervals.
  explicit WaiterThread(std::size_t capacity) : capacity_(capacity) {}
  WaiterThread(const WaiterThread&) = delete;
  WaiterThread& operator=(const WaiterThread&) = delete;

  // All of these need the lock of the table.
  [[nodiscard]] bool HasRoom(std::size_t capacity) const {
    return capacity == capacity_ && waiters_.size() < capacity_;
  }
  void Add(std::unique_ptr<Waiter> waiter);
  // Makes the thread look at its list.
  void Ring();
  [[nodiscard]] const std::vector<std::unique_ptr<Waiter>>& Waiters() const { return waiters_; }

  // The body of the thread. `self` is a WaiterThread of the table. It ends some time after its last waiter.
  static void* Run(void* self);

 private:
  using List = std::vector<std::unique_ptr<Waiter>>;

  // Both need the lock.
  [[nodiscard]] List TakeEnded(WaiterTable& table, futex::Time now);
  // Returns the time of the next look.
  [[nodiscard]] futex::Time Arm(futex::Time now);

  // False: the thread ends, and the table has forgotten it.
  [[nodiscard]] bool Look();
  [[nodiscard]] int Sleep();
  void Judge(int result);
  void MarkWoken(std::size_t last);
  void CompareAll();

  [[nodiscard]] futex::Word* Doorbell() { return reinterpret_cast<futex::Word*>(&doorbell_); }

  const std::size_t capacity_;
  List waiters_;  // those of one word side by side, in the order of their calls
  std::atomic<futex::Word> doorbell_{0};

  // The thread only.
  std::vector<Waiter*> armed_;  // those of the next wait; only this thread removes waiters
  futex::Word seen_doorbell_{0};
  futex::Time next_look_{futex::kNever};
  futex::Time idle_since_{futex::Now()};
};

}  // namespace mapdirect

#endif  // MAPDIRECT_WAITER_THREAD_H_
