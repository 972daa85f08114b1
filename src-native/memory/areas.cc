// The number of areas of memory (lines of /proc/self/maps) that the process may have created. vm.max_map_count limits
// the process, but each thread has its own budget, so the threads share this counter.

#include <atomic>

#include "args.h"
#include "exports.h"

namespace mapdirect {
namespace {

std::atomic<std::uint64_t> allowed{0};

}  // namespace

// chargeAreas(count) -> sum of all charges of all threads, including this one; it never falls
Napi::Value ChargeAreas(const Napi::CallbackInfo& info) {
  const auto count = static_cast<std::uint64_t>(Int(info, 0));
  return Return(info, static_cast<std::int64_t>(allowed.fetch_add(count, std::memory_order_relaxed) + count));
}

}  // namespace mapdirect
