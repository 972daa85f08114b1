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

// Returns the address of the slot in register 0, or 0 if the slot is not in use.
[[nodiscard]] inline std::uintptr_t BaseOf(const Environment& environment) {
  const Range* const range = ranges::At(static_cast<std::uint32_t>(environment.Float(0)));
  return range == nullptr ? 0 : range->base.load(std::memory_order_acquire);
}

}  // namespace mapdirect::register_calls

#endif  // MAPDIRECT_REGISTER_CALLS_H_
