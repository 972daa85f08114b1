// A condition variable with waits that end in time.

#ifndef MAPDIRECT_TIMED_CONDITION_H_
#define MAPDIRECT_TIMED_CONDITION_H_

#include <pthread.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <mutex>

namespace mapdirect {

// A condition variable whose waits have an end, on CLOCK_MONOTONIC. std::condition_variable takes
// pthread_cond_clockwait(3) for that, which glibc has since 2.30 only, and which ThreadSanitizer of GCC does not know.
class TimedCondition final {
 public:
  TimedCondition() {
    pthread_condattr_t attributes;
    ::pthread_condattr_init(&attributes);
    ::pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    ::pthread_cond_init(&condition_, &attributes);
    ::pthread_condattr_destroy(&attributes);
  }
  ~TimedCondition() { ::pthread_cond_destroy(&condition_); }
  TimedCondition(const TimedCondition&) = delete;
  TimedCondition& operator=(const TimedCondition&) = delete;

  void NotifyAll() { ::pthread_cond_broadcast(&condition_); }

  // Waits until `done()`, called under the lock, is true; at most for `span`. Returns the last result of `done()`.
  template <typename Done>
  bool WaitFor(std::unique_lock<std::mutex>& guard, std::chrono::nanoseconds span, Done done) {
    const timespec end = After(span);
    while (!done()) {
      if (::pthread_cond_timedwait(&condition_, guard.mutex()->native_handle(), &end) != 0) return done();
    }
    return true;
  }

 private:
  static timespec After(std::chrono::nanoseconds span) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t nanoseconds = now.tv_nsec + span.count();
    return {now.tv_sec + static_cast<time_t>(nanoseconds / kSecond), static_cast<long>(nanoseconds % kSecond)};
  }

  pthread_cond_t condition_;
};

}  // namespace mapdirect

#endif  // MAPDIRECT_TIMED_CONDITION_H_
