// Flushes the cache lines of one range or of many ranges. Registers: 0 slot, 1 offset, 2 length.

#include <algorithm>

#include "args.h"
#include "exports.h"
#include "persist/cache_lines.h"
#include "persist/register_calls.h"
#include "thread/background.h"

namespace mapdirect {
namespace {

void Flush(const Environment& environment) {
  const std::uintptr_t begin = register_calls::AddressOf(environment);
  if (begin == 0) return;
  environment.Flush()(begin, begin + environment.Size(2));
}

// Checks and flushes the pairs. Returns -1, or the index of the first pair outside [0, size). Both happen in one pass,
// because a second pass costs as much as the flush. `volatile`: each number is read once, because another thread or
// process may change it after the check.
double FlushPairs(cache_lines::Flush flush, std::uintptr_t base, const volatile double* pairs, std::size_t count,
                  double size) {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  for (std::size_t i = 0; i < count; i++) {
    const double offset = pairs[2 * i];
    const double length = pairs[2 * i + 1];
    if (!(offset >= 0 && length >= 0 && length <= size - offset)) return static_cast<double>(i);  // also for NaN
    const auto at = static_cast<std::int64_t>(offset);
    const auto bytes = static_cast<std::int64_t>(length);
    if (static_cast<double>(at) != offset || static_cast<double>(bytes) != length) return static_cast<double>(i);
    if (bytes == 0) continue;
    const std::uintptr_t next = base + static_cast<std::uintptr_t>(at);
    const std::uintptr_t next_end = next + static_cast<std::uintptr_t>(bytes);
    if (next >= begin && next <= end) {
      end = std::max(end, next_end);
      continue;
    }
    flush(begin, end);
    begin = next;
    end = next_end;
  }
  flush(begin, end);
  cache_lines::Drain();
  return -1;
}

}  // namespace

// chooseFlush(instruction) -> 0; -ENOTSUP: this CPU does not have the instruction
Napi::Value ChooseFlush(const Napi::CallbackInfo& info) {
  const cache_lines::Flush flush = cache_lines::With(Int32(info, 0));
  if (flush == nullptr) return Return(info, -ENOTSUP);
  Environment::Of(info.Env()).SetFlush(flush);
  return Return(info, 0);
}

// flushLines()
napi_value FlushLines(napi_env env, napi_callback_info info) {
  Flush(register_calls::EnvironmentOf(env, info));
  return nullptr;
}

// drainLines()
napi_value DrainLines(napi_env /*env*/, napi_callback_info /*info*/) {
  cache_lines::Drain();
  return nullptr;
}

// persistLines()
napi_value PersistLines(napi_env env, napi_callback_info info) {
  Flush(register_calls::EnvironmentOf(env, info));
  cache_lines::Drain();
  return nullptr;
}

// persistRanges(Float64Array of offset, length, offset, length, ...); registers: 1 number of pairs, 2 length of the
// region. Register 3 on return: -1, or the index of the first pair outside the region. The pairs before it may be
// flushed, which does no harm. A range that begins inside or right after the range before it is joined with it.
napi_value PersistRanges(napi_env env, napi_callback_info info) {
  napi_value argument = nullptr;
  Environment& environment = register_calls::EnvironmentOf(env, info, &argument);
  const Range* const range = register_calls::RangeOf(environment);
  void* data = nullptr;
  std::size_t elements = 0;
  napi_typedarray_type type = napi_int8_array;
  if (napi_get_typedarray_info(env, argument, &type, &elements, &data, nullptr, nullptr) != napi_ok ||
      type != napi_float64_array || range == nullptr) {
    return nullptr;
  }
  const auto* const pairs = static_cast<const volatile double*>(data);
  const std::size_t count = std::min(environment.Size(1), elements / 2);
  const auto mapped = static_cast<double>(range->length.load(std::memory_order_acquire));
  const std::uintptr_t base = range->base.load(std::memory_order_acquire);
  environment.SetFloat(3, FlushPairs(environment.Flush(), base, pairs, count, std::min(environment.Float(2), mapped)));
  return nullptr;
}

// persistLinesAsync(slot, offset, length) -> Promise of 0; 0: the range is fenced, so there is nothing to flush
Napi::Value PersistLinesAsync(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  if (range != nullptr && range->fenced.load()) return Return(info, 0);
  const Part part = MappedPartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  const auto begin = reinterpret_cast<std::uintptr_t>(part.data);
  return QueueWork(
      info.Env(), {part.range},
      [begin, end = begin + part.length, flush = Environment::Of(info.Env()).Flush()]() -> std::int64_t {
        flush(begin, end);
        cache_lines::Drain();
        return 0;
      },
      background::Threads::kFlushes);
}

}  // namespace mapdirect
