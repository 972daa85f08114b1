// futex(2) on words that processes share. The kernel reads the word, never this thread: a word without a page behind it
// (a truncated file) is -EFAULT and no signal. All functions return >= 0 or a negative errno.

#ifndef MAPDIRECT_FUTEX_SYSCALLS_H_
#define MAPDIRECT_FUTEX_SYSCALLS_H_

#include <cstdint>
#include <vector>

namespace mapdirect::futex {

using Word = std::uint32_t;

// Nanoseconds of CLOCK_MONOTONIC.
using Time = std::int64_t;
constexpr Time kNever = INT64_MAX;
[[nodiscard]] Time Now();

// A word of a file is shared: its waiters are found by inode and offset. A private word belongs to this process.
enum class Kind { kShared, kPrivate };

// Wakes at most `count` waiters, > 0. Returns the number of those that were woken.
[[nodiscard]] int Wake(Word* word, int count, Kind kind);

// Returns 0 if the word has this value, else -EAGAIN. The page is needed for reading only.
[[nodiscard]] int Compare(Word* word, Word expected);

// Waits while the word has this value. Returns 0 after a wake-up, which may be spurious. -EAGAIN: the word has another
// value. -ETIMEDOUT, -EINTR.
[[nodiscard]] int Wait(Word* word, Word expected, Time deadline, Kind kind);

// struct futex_waitv of linux/futex.h, which older headers lack.
struct Slot final {
  std::uint64_t value;
  std::uint64_t address;
  std::uint32_t flags;
  std::uint32_t reserved;
};
constexpr std::size_t kMostSlots = 128;
[[nodiscard]] Slot SlotOf(Word* word, Word expected, Kind kind);

// futex_waitv(2), Linux 5.16: Wait() on many words. Returns the index of a slot that was woken. More slots may have
// been woken, but only slots before it: the kernel takes slots out of its queues in order, and reports the last one.
// -EAGAIN and -EFAULT, for any of the words: no slot was woken.
[[nodiscard]] int WaitAny(const std::vector<Slot>& slots, Time deadline);

[[nodiscard]] bool HasWaitAny();

}  // namespace mapdirect::futex

#endif  // MAPDIRECT_FUTEX_SYSCALLS_H_
