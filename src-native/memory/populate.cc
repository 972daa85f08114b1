// Brings pages into memory: MADV_POPULATE_READ and MADV_POPULATE_WRITE (Linux 5.14), or a futex(2) on each page before
// Linux 5.14.
//
// MAP_POPULATE would not do: it maps shared file pages read-only, so the first store faults again, and it copies a
// private mapping completely into anonymous memory.

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

#include "args.h"
#include "exports.h"
#include "memory/page_size.h"
#include "thread/background.h"

#ifndef MADV_POPULATE_READ  // glibc 2.34
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

namespace mapdirect {
namespace {

// The kernel reads the word instead of this thread, so a page that cannot be brought in is EFAULT and no signal.
// Without FUTEX_PRIVATE_FLAG the kernel would look up the page before.
int TouchToRead(std::uint32_t* word) {
  constexpr std::uint32_t kUnlikely = 0x9e3779b9;
  const struct timespec at_once = {};
  if (::syscall(SYS_futex, word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, kUnlikely, &at_once, nullptr, 0) == 0) return 0;
  // The word was read: it has another value, or the wait timed out at once, or a signal came.
  return errno == EAGAIN || errno == ETIMEDOUT || errno == EINTR ? 0 : -errno;
}

// Adds 0 to the word atomically: that makes the page dirty and keeps a store of another process at the same moment.
int TouchToWrite(std::uint32_t* word) {
  std::uint32_t unused = 0;  // no thread waits on this word
  constexpr std::uint32_t kAddNothing = FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0);
  const auto done = ::syscall(SYS_futex, &unused, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, nullptr, word, kAddNothing);
  return done < 0 ? -errno : 0;
}

std::int64_t Touch(char* data, std::size_t length, bool write) {
  const std::size_t page = PageSize();
  for (std::size_t at = 0; at < length; at += page) {
    auto* const word = reinterpret_cast<std::uint32_t*>(data + at);
    const int touched = write ? TouchToWrite(word) : TouchToRead(word);
    if (touched != 0) return touched;
  }
  return 0;
}

std::int64_t PopulatePages(void* data, std::size_t length, bool write) {
  while (::madvise(data, length, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) != 0) {
    if (errno == EINTR) continue;
    if (errno != EINVAL) return -errno;
    // EINVAL: the kernel is older than 5.14, or this kind of memory cannot be populated. Only in the first case touch.
    if (::madvise(data, 0, MADV_POPULATE_READ) == 0) return -EINVAL;
    return Touch(static_cast<char*>(data), length, write);
  }
  return 0;
}

}  // namespace

// populate(slot, offset, length, write) -> 0
Napi::Value Populate(const Napi::CallbackInfo& info) {
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  return Return(info, PopulatePages(part.data, part.length, Int(info, 3) != 0));
}

// populateAsync(slot, offset, length, write) -> Promise of 0
Napi::Value PopulateAsync(const Napi::CallbackInfo& info) {
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  return QueueWork(info.Env(), {part.range},
                   [part, write = Int(info, 3) != 0] { return PopulatePages(part.data, part.length, write); });
}

}  // namespace mapdirect
