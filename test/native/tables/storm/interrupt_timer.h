// Interrupts the thread every 3 ms with a signal. The handler looks up an address in the table of ranges, as a handler
// of SIGBUS would. A lock in Find() would hang the interrupted thread.

#ifndef MAPDIRECT_TEST_INTERRUPT_TIMER_H_
#define MAPDIRECT_TEST_INTERRUPT_TIMER_H_

#include <time.h>

#include "world.h"

namespace storm {

class InterruptTimer final {
 public:
  explicit InterruptTimer(World& world);
  ~InterruptTimer();
  InterruptTimer(const InterruptTimer&) = delete;
  InterruptTimer& operator=(const InterruptTimer&) = delete;

  // Must be called before the first timer. `resident` is always in a range, `foreign` never.
  static void Prepare(World& world, std::uintptr_t resident, std::uintptr_t foreign);

 private:
  timer_t timer_;
};

}  // namespace storm

#endif  // MAPDIRECT_TEST_INTERRUPT_TIMER_H_
