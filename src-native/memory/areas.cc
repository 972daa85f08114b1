// How many areas of memory (lines of /proc/self/maps) the process was allowed to make. Each thread has a budget of its
// own for vm.max_map_count, and a limit of the process: what one thread was allowed, the others must hear of.

#include <atomic>

#include "args.h"
#include "exports.h"

namespace mapdirect {
namespace {

std::atomic<std::int64_t> allowed{0};

}  // namespace

// chargeAreas(count) -> all that were charged so far, in all threads, these included. It never falls.
Napi::Value ChargeAreas(const Napi::CallbackInfo& info) {
  const std::int64_t count = Int(info, 0);
  return Return(info, allowed.fetch_add(count, std::memory_order_relaxed) + count);
}

}  // namespace mapdirect
