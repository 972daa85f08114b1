// How every function of the addon reads its arguments and returns its result. As in the kernel's own interface, the
// arguments are numbers and the result is one number: >= 0, or a negative errno. TypeScript has checked the arguments,
// and TypeScript throws the exception. A value that is not a number reads as 0 and throws nothing.

#ifndef MAPDIRECT_ARGS_H_
#define MAPDIRECT_ARGS_H_

#include <linux/mman.h>
#include <napi.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
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

[[nodiscard]] inline double Float(const Napi::CallbackInfo& info, std::size_t index) {
  double value = 0;
  napi_get_value_double(info.Env(), info[index], &value);
  return value;
}

[[nodiscard]] inline int Int32(const Napi::CallbackInfo& info, std::size_t index) {
  return static_cast<int>(Int(info, index));
}

// A time span in milliseconds, at most a day: the sum of a clock and a longer one might not fit.
[[nodiscard]] inline std::chrono::milliseconds Span(const Napi::CallbackInfo& info, std::size_t index) {
  constexpr std::int64_t kDay = 86'400'000;
  return std::chrono::milliseconds(std::clamp<std::int64_t>(Int(info, index), 0, kDay));
}

[[nodiscard]] inline std::string Text(const Napi::CallbackInfo& info, std::size_t index) {
  return info[index].IsString() ? info[index].As<Napi::String>().Utf8Value() : std::string();
}

// Returns the integer in this argument, or -1 if it is none in [least, most]. A wrong value must not read as 0, which
// is a slot and a descriptor, and no number may be cut to the one of another slot or descriptor.
[[nodiscard]] inline std::int64_t Handle(const Napi::CallbackInfo& info, std::size_t index, double least, double most) {
  double value = -1;
  napi_get_value_double(info.Env(), info[index], &value);
  if (!(value >= least && value <= most)) return -1;  // also for NaN
  const auto handle = static_cast<std::int64_t>(value);
  return static_cast<double>(handle) == value ? handle : -1;
}

// Returns the file descriptor in this argument; a negative one, which every system call refuses, if it is none.
[[nodiscard]] inline int DescriptorArg(const Napi::CallbackInfo& info, std::size_t index) {
  return static_cast<int>(Handle(info, index, INT32_MIN, INT32_MAX));
}

// Returns the range of the slot in this argument, or nullptr if the slot is not in use.
[[nodiscard]] inline Range* RangeArg(const Napi::CallbackInfo& info, std::size_t index) {
  const std::int64_t slot = Handle(info, index, 0, UINT32_MAX);
  return slot < 0 ? nullptr : ranges::At(static_cast<std::uint32_t>(slot));
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

// Returns the part of `length` bytes that the first two arguments name: slot, offset. The caller has checked them, but
// a wrong number here would reach memory of V8, so a part outside the address space of the range is none.
[[nodiscard]] inline Part PartArg(const Napi::CallbackInfo& info, std::size_t length) {
  Range* const range = RangeArg(info, 0);
  const std::size_t offset = Size(info, 1);
  const bool is_inside = range != nullptr && offset <= range->reserved && length <= range->reserved - offset;
  return is_inside ? Part{range, Address(range, offset), length} : Part{nullptr, nullptr, 0};
}

// The same; the third argument is the length.
[[nodiscard]] inline Part PartArg(const Napi::CallbackInfo& info) { return PartArg(info, Size(info, 2)); }

// The same, for a part that this process will touch: the address space behind the mapped bytes has no pages, and an
// instruction that touches it ends the process. (A system call only fails.)
[[nodiscard]] inline Part MappedPartArg(const Napi::CallbackInfo& info) {
  const Part part = PartArg(info);
  if (part.range == nullptr) return part;
  const std::size_t mapped = part.range->length.load(std::memory_order_acquire);
  const bool is_mapped = Size(info, 1) <= mapped && part.length <= mapped - Size(info, 1);
  return is_mapped ? part : Part{nullptr, nullptr, 0};
}

// The bytes of a typed array; none if the argument is something else.
struct Bytes final {
  std::uint8_t* data{nullptr};
  std::size_t length{0};
};

[[nodiscard]] inline Bytes BytesArg(const Napi::CallbackInfo& info, std::size_t index) {
  napi_typedarray_type type = napi_uint8_array;
  std::size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(info.Env(), info[index], &type, &length, &data, nullptr, nullptr) != napi_ok) return {};
  const std::size_t element = type == napi_float64_array ? sizeof(double) : 1;
  return {static_cast<std::uint8_t*>(data), length * element};
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
