// Making pages present: MADV_POPULATE_READ and MADV_POPULATE_WRITE (Linux 5.14), touching them before that.
//
// Not MAP_POPULATE: it maps shared file pages read-only, so the first store faults again, and it copies the whole of a
// private mapping into anonymous memory.

#include <sys/mman.h>

#include "args.h"
#include "background.h"
#include "exports.h"

#ifndef MADV_POPULATE_READ  // glibc 2.34
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

namespace mapdirect {
namespace {

// Adding nothing marks the page dirty and keeps what another process stores there at the same moment.
void Touch(char* data, std::size_t length, bool write, std::size_t page) {
  for (std::size_t at = 0; at < length; at += page) {
    auto* const word = reinterpret_cast<std::uint32_t*>(data + at);
    if (write) {
      __atomic_fetch_add(word, 0, __ATOMIC_RELAXED);
    } else {
      static_cast<void>(__atomic_load_n(word, __ATOMIC_RELAXED));
    }
  }
}

std::int64_t PopulatePages(void* data, std::size_t length, bool write, std::size_t page) {
  while (::madvise(data, length, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ) != 0) {
    if (errno == EINTR) continue;
    if (errno != EINVAL) return -errno;
    // Either the kernel is older than 5.14, or the range is of a kind that cannot be populated: only the first touches.
    if (::madvise(data, 0, MADV_POPULATE_READ) == 0) return -EINVAL;
    Touch(static_cast<char*>(data), length, write, page);
    return 0;
  }
  return 0;
}

}  // namespace

// populate(slot, offset, length, write, pageSize) -> 0
Napi::Value Populate(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  return Return(info, PopulatePages(Address(range, Size(info, 1)), Size(info, 2), Int(info, 3) != 0, Size(info, 4)));
}

// populateAsync(slot, offset, length, write, pageSize) -> Promise of 0
Napi::Value PopulateAsync(const Napi::CallbackInfo& info) {
  Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  return QueueWork(info.Env(), range,
                   [data = Address(range, Size(info, 1)), length = Size(info, 2), write = Int(info, 3) != 0,
                    page = Size(info, 4)] { return PopulatePages(data, length, write, page); });
}

}  // namespace mapdirect
