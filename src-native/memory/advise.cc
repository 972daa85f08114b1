// Advice, locks and questions about pages: madvise(2), mlock2(2), munlock(2), mincore(2).

#include <sys/mman.h>

#include <algorithm>
#include <array>

#include "args.h"
#include "exports.h"

namespace mapdirect {

// advise(slot, offset, length, advice) -> 0
Napi::Value Advise(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  return Return(info, Result(::madvise(Address(range, Size(info, 1)), Size(info, 2), Int32(info, 3))));
}

// residency(slot, offset, length, pageSize) -> number of pages of the range that are in memory
Napi::Value Residency(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  const std::size_t page = Size(info, 3);
  std::array<unsigned char, 16384> present;
  std::int64_t resident = 0;
  for (std::size_t done = 0, length = Size(info, 2); done < length; done += present.size() * page) {
    const std::size_t part = std::min(length - done, present.size() * page);
    if (::mincore(Address(range, Size(info, 1) + done), part, present.data()) != 0) return Return(info, -errno);
    for (std::size_t i = 0; i < (part + page - 1) / page; i++) resident += present[i] & 1;
  }
  return Return(info, resident);
}

// lock(slot, offset, length, onFault) -> 0; onFault 1: MLOCK_ONFAULT (Linux 4.4), which never write-faults
Napi::Value Lock(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  const unsigned flags = Int(info, 3) != 0 ? MLOCK_ONFAULT : 0;
  return Return(info, Result(::mlock2(Address(range, Size(info, 1)), Size(info, 2), flags)));
}

// unlock(slot, offset, length) -> 0
Napi::Value Unlock(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  return Return(info, Result(::munlock(Address(range, Size(info, 1)), Size(info, 2))));
}

}  // namespace mapdirect
