// How every function of the addon reads its arguments and returns its result. As in the kernel's own interface, the
// arguments are numbers and the result is one number: >= 0, or a negative errno. TypeScript has checked the arguments,
// and TypeScript throws the exception. A value that is not a number reads as 0 and throws nothing.

#ifndef MAPDIRECT_ARGS_H_
#define MAPDIRECT_ARGS_H_

#include <linux/mman.h>
#include <napi.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>

#include "memory/ranges.h"

namespace mapdirect {

[[nodiscard]] inline std::int64_t Int(const Napi::CallbackInfo& info, std::size_t index) {
  std::int64_t value = 0;
  napi_get_value_int64(info.Env(), info[index], &value);
  return value;
}

[[nodiscard]] inline std::size_t Size(const Napi::CallbackInfo& info, std::size_t index) {
  return static_cast<std::size_t>(Int(info, index));
}

[[nodiscard]] inline int Int32(const Napi::CallbackInfo& info, std::size_t index) {
  return static_cast<int>(Int(info, index));
}

[[nodiscard]] inline std::string Text(const Napi::CallbackInfo& info, std::size_t index) {
  return info[index].IsString() ? info[index].As<Napi::String>().Utf8Value() : std::string();
}

// Returns the range of the slot in this argument, or nullptr if the slot is not in use.
[[nodiscard]] inline Range* RangeArg(const Napi::CallbackInfo& info, std::size_t index) {
  return ranges::At(static_cast<std::uint32_t>(Int(info, index)));
}

[[nodiscard]] inline void* Address(const Range* range, std::size_t offset) {
  return reinterpret_cast<void*>(range->base.load(std::memory_order_acquire) + offset);
}

// A part of a range; `range` is nullptr if there is no such part.
struct Part final {
  Range* range;
  void* data;
  std::size_t length;
};

// Returns the part that the first three arguments name: slot, offset, length. The caller has checked them, but a wrong
// number here would reach memory of V8, so a part outside the address space of the range is none.
[[nodiscard]] inline Part PartArg(const Napi::CallbackInfo& info) {
  Range* const range = RangeArg(info, 0);
  const std::size_t offset = Size(info, 1);
  const std::size_t length = Size(info, 2);
  const bool is_inside = range != nullptr && offset <= range->reserved && length <= range->reserved - offset;
  return is_inside ? Part{range, Address(range, offset), length} : Part{nullptr, nullptr, 0};
}

// Flags for mmap(2) without an address: with these two bits the mapping would replace memory at address 0 and after it.
[[nodiscard]] inline int FreeFlags(const Napi::CallbackInfo& info, std::size_t index) {
  return Int32(info, index) & ~(MAP_FIXED | MAP_FIXED_NOREPLACE);
}

[[nodiscard]] inline Napi::Value Return(const Napi::CallbackInfo& info, std::int64_t value) {
  return Napi::Number::New(info.Env(), static_cast<double>(value));
}

// Converts the result of a system call that returns -1 and sets errno.
[[nodiscard]] inline std::int64_t Result(std::int64_t returned) { return returned == -1 ? -errno : returned; }

}  // namespace mapdirect

#endif  // MAPDIRECT_ARGS_H_
