// Cache lines of a range: flush, drain, persist, and many ranges in one call. Registers: 0 slot, 1 offset, 2 length.

#include <algorithm>

#include "args.h"
#include "exports.h"
#include "hot.h"
#include "lines.h"
#include "worker.h"

namespace mapdirect {
namespace {

void Flush(const Environment& environment) {
  const std::uintptr_t base = hot::BaseOf(environment);
  if (base == 0) return;
  const std::uintptr_t begin = base + environment.Size(1);
  environment.Flush()(begin, begin + environment.Size(2));
}

}  // namespace

// chooseFlush(instruction) -> 0; -ENOTSUP: this CPU does not have it
Napi::Value ChooseFlush(const Napi::CallbackInfo& info) {
  const lines::Flush flush = lines::With(Int32(info, 0));
  if (flush == nullptr) return Return(info, -ENOTSUP);
  Environment::Of(info.Env()).SetFlush(flush);
  return Return(info, 0);
}

// flushLines()
napi_value FlushLines(napi_env env, napi_callback_info info) {
  Flush(hot::EnvironmentOf(env, info));
  return nullptr;
}

// drainLines()
napi_value DrainLines(napi_env /*env*/, napi_callback_info /*info*/) {
  lines::Drain();
  return nullptr;
}

// persistLines()
napi_value PersistLines(napi_env env, napi_callback_info info) {
  Flush(hot::EnvironmentOf(env, info));
  lines::Drain();
  return nullptr;
}

// persistRanges(Float64Array of offset, length, offset, length, ...); register 1: how many pairs. A range that begins
// in or right after the one before it is joined to that.
napi_value PersistRanges(napi_env env, napi_callback_info info) {
  napi_value argument = nullptr;
  const Environment& environment = hot::EnvironmentOf(env, info, &argument);
  const std::uintptr_t base = hot::BaseOf(environment);
  void* data = nullptr;
  std::size_t elements = 0;
  if (napi_get_typedarray_info(env, argument, nullptr, &elements, &data, nullptr, nullptr) != napi_ok || base == 0) {
    return nullptr;
  }
  const auto* pair = static_cast<const double*>(data);
  const double* const last = pair + 2 * std::min(environment.Size(1), elements / 2);
  const lines::Flush flush = environment.Flush();
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  for (; pair < last; pair += 2) {
    if (pair[1] == 0) continue;
    const std::uintptr_t next = base + static_cast<std::size_t>(pair[0]);
    const std::uintptr_t next_end = next + static_cast<std::size_t>(pair[1]);
    if (next >= begin && next <= end) {
      if (next_end > end) end = next_end;
      continue;
    }
    flush(begin, end);
    begin = next;
    end = next_end;
  }
  flush(begin, end);
  lines::Drain();
  return nullptr;
}

// persistLinesAsync(slot, offset, length) -> Promise of 0
Napi::Value PersistLinesAsync(const Napi::CallbackInfo& info) {
  Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  const std::uintptr_t begin = range->base.load(std::memory_order_acquire) + Size(info, 1);
  return QueueWork(info.Env(), range,
                   [begin, end = begin + Size(info, 2), flush = Environment::Of(info.Env()).Flush()]() -> std::int64_t {
                     flush(begin, end);
                     lines::Drain();
                     return 0;
                   });
}

}  // namespace mapdirect
