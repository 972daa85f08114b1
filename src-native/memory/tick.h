// The tick of the coarse clock: some milliseconds. For questions to the kernel whose answer changes rarely.

#ifndef MAPDIRECT_TICK_H_
#define MAPDIRECT_TICK_H_

#include <time.h>

#include <atomic>
#include <cstdint>

namespace mapdirect {

// The last tick in which a question was asked.
class Tick final {
 public:
  // Returns true once in each tick, for one thread. Costs no system call. Async-signal-safe.
  [[nodiscard]] bool IsNew() {
    timespec now = {};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    const std::int64_t tick = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
    return last_.exchange(tick, std::memory_order_relaxed) != tick;
  }

 private:
  std::atomic<std::int64_t> last_{-1};
};

}  // namespace mapdirect

#endif  // MAPDIRECT_TICK_H_
