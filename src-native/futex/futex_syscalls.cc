#include "futex/futex_syscalls.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace mapdirect::futex {
namespace {

// Older headers lack these. The number is the same on all architectures (Linux 5.16).
constexpr long kFutexWaitv = 449;
constexpr std::uint32_t kSize32 = 2;

constexpr Time kSecond = 1'000'000'000;

int PrivateFlag(Kind kind) { return kind == Kind::kPrivate ? FUTEX_PRIVATE_FLAG : 0; }

// A deadline as the kernel takes it.
class Timeout final {
 public:
  explicit Timeout(Time deadline)
      : is_set_(deadline != kNever),
        time_{static_cast<time_t>(deadline / kSecond), static_cast<long>(deadline % kSecond)} {}
  [[nodiscard]] const timespec* Get() const { return is_set_ ? &time_ : nullptr; }

 private:
  const bool is_set_;
  const timespec time_;
};

int Checked(long returned) { return returned < 0 ? -errno : static_cast<int>(returned); }

}  // namespace

Time Now() {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

int Wake(Word* word, int count, Kind kind) {
  return Checked(::syscall(SYS_futex, word, FUTEX_WAKE | PrivateFlag(kind), count, nullptr, nullptr, 0));
}

// FUTEX_CMP_REQUEUE that moves no waiter: only its comparison is left.
int Compare(Word* word, Word expected) {
  constexpr int kNoWaiter = 0;
  return Checked(::syscall(SYS_futex, word, FUTEX_CMP_REQUEUE, kNoWaiter, nullptr, word, expected));
}

int Wait(Word* word, Word expected, Time deadline, Kind kind) {
  const Timeout timeout(deadline);
  return Checked(::syscall(SYS_futex, word, FUTEX_WAIT_BITSET | PrivateFlag(kind), expected, timeout.Get(), nullptr,
                           FUTEX_BITSET_MATCH_ANY));
}

Slot SlotOf(Word* word, Word expected, Kind kind) {
  return {expected, reinterpret_cast<std::uintptr_t>(word), kSize32 | static_cast<std::uint32_t>(PrivateFlag(kind)), 0};
}

int WaitAny(const std::vector<Slot>& slots, Time deadline) {
  const Timeout timeout(deadline);
  return Checked(::syscall(kFutexWaitv, slots.data(), slots.size(), 0, timeout.Get(), CLOCK_MONOTONIC));
}

bool HasWaitAny() {
  ::syscall(kFutexWaitv, nullptr, 0, 0, nullptr, CLOCK_MONOTONIC);
  return errno == EINVAL;  // no slots; a kernel or a filter without the call answers ENOSYS or EPERM
}

}  // namespace mapdirect::futex
