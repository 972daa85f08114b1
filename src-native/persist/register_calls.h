// Helpers for functions that are called once per record, where nanoseconds count. These functions use raw node_api.h,
// read their arguments from the registers (each argument of a call costs some 10 ns) and return nothing, because they
// cannot fail.

#ifndef MAPDIRECT_REGISTER_CALLS_H_
#define MAPDIRECT_REGISTER_CALLS_H_

#include <node_api.h>

#include "environment.h"
#include "memory/ranges.h"

namespace mapdirect::register_calls {

// Returns the environment: the data pointer that addon.cc gave to the function.
[[nodiscard]] inline Environment& EnvironmentOf(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, /*argc=*/nullptr, /*argv=*/nullptr, /*this_arg=*/nullptr, &data);
  return *static_cast<Environment*>(data);
}

// The same for a call with one argument.
[[nodiscard]] inline Environment& EnvironmentOf(napi_env env, napi_callback_info info, napi_value* argument) {
  void* data = nullptr;
  std::size_t count = 1;
  napi_get_cb_info(env, info, &count, argument, /*this_arg=*/nullptr, &data);
  return *static_cast<Environment*>(data);
}

// Returns the range of the slot in register 0, or nullptr if the slot is not in use.
[[nodiscard]] inline const Range* RangeOf(const Environment& environment) {
  const double slot = environment.Float(0);
  return slot >= 0 && slot <= UINT32_MAX ? ranges::At(static_cast<std::uint32_t>(slot)) : nullptr;
}

// Returns the address of the part that registers 0 to 2 name: slot, offset, length. 0: it is not inside the mapped
// bytes. TypeScript has checked it, but a wrong number here would reach memory of V8.
[[nodiscard]] inline std::uintptr_t AddressOf(const Environment& environment) {
  const Range* const range = RangeOf(environment);
  if (range == nullptr) return 0;
  const double offset = environment.Float(1);
  const double length = environment.Float(2);
  const auto mapped = static_cast<double>(range->length.load(std::memory_order_acquire));
  if (!(offset >= 0 && length >= 0 && length <= mapped - offset)) return 0;  // also for NaN
  return range->base.load(std::memory_order_acquire) + static_cast<std::size_t>(offset);
}

}  // namespace mapdirect::register_calls

#endif  // MAPDIRECT_REGISTER_CALLS_H_
