// Advice, locks and questions about pages: madvise(2), mlock2(2), munlock(2), mincore(2).

#include <sys/mman.h>

#include <algorithm>
#include <array>

#include "args.h"
#include "exports.h"
#include "memory/page_size.h"

namespace mapdirect {

// advise(slot, offset, length, advice) -> 0
Napi::Value Advise(const Napi::CallbackInfo& info) {
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  return Return(info, Result(::madvise(part.data, part.length, Int32(info, 3))));
}

// residency(slot, offset, length) -> number of pages of the range that are in memory
Napi::Value Residency(const Napi::CallbackInfo& info) {
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  const std::size_t page = PageSize();
  std::array<unsigned char, 16384> present;
  std::int64_t resident = 0;
  for (std::size_t done = 0; done < part.length; done += present.size() * page) {
    const std::size_t bytes = std::min(part.length - done, present.size() * page);
    if (::mincore(static_cast<char*>(part.data) + done, bytes, present.data()) != 0) return Return(info, -errno);
    for (std::size_t i = 0; i < (bytes + page - 1) / page; i++) resident += present[i] & 1;
  }
  return Return(info, resident);
}

// lock(slot, offset, length, onFault) -> 0; onFault 1: MLOCK_ONFAULT (Linux 4.4), which never write-faults
Napi::Value Lock(const Napi::CallbackInfo& info) {
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  const unsigned flags = Int(info, 3) != 0 ? MLOCK_ONFAULT : 0;
  return Return(info, Result(::mlock2(part.data, part.length, flags)));
}

// unlock(slot, offset, length) -> 0
Napi::Value Unlock(const Napi::CallbackInfo& info) {
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  return Return(info, Result(::munlock(part.data, part.length)));
}

}  // namespace mapdirect
