// mmap(2), and the life of the ranges that it creates.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "registration/ledger.h"

namespace mapdirect {
namespace {

Napi::Value Register(const Napi::CallbackInfo& info, void* base, std::size_t reserved, std::size_t length,
                     ranges::Source source) {
  if (base == MAP_FAILED) return Return(info, -errno);
  Range* const range = ranges::Add(base, reserved, length, source, &Environment::Of(info.Env()));
  if (range != nullptr) return Return(info, range->index);
  ::munmap(base, reserved);
  return Return(info, -ENOMEM);
}

// For the calls that change what lies at the addresses: another thread may have the slot by now, and a wrong number
// must not reach its memory. Returns nullptr if the slot is not in use, or its owner is another environment or none.
Range* OwnRangeArg(const Napi::CallbackInfo& info) {
  Range* const range = RangeArg(info, 0);
  return range != nullptr && range->owner.load() == &Environment::Of(info.Env()) ? range : nullptr;
}

bool IsRegistered(const Range* range) {
  return ledger::Count() > 0 && ledger::CountOf({{range->index, range->serial.load()}}) > 0;
}

}  // namespace

// map(fd, offset, length, prot, flags, dev, ino) -> slot; dev and ino are those of the file
Napi::Value Map(const Napi::CallbackInfo& info) {
  const std::size_t length = Size(info, 2);
  const int fd = DescriptorArg(info, 0);
  const std::int64_t offset = Int(info, 1);
  void* const base = ::mmap(/*addr=*/nullptr, length, Int32(info, 3), FreeFlags(info, 4), fd, offset);
  return Register(info, base, length, length,
                  {fd, static_cast<std::uint64_t>(offset), {Float(info, 5), Float(info, 6)}});
}

// reserve(length, flags, align, phase) -> slot; its address is `phase` past a multiple of `align`, a power of two. All
// three are multiples of the page size.
Napi::Value Reserve(const Napi::CallbackInfo& info) {
  const std::size_t length = Size(info, 0);
  const std::size_t align = Size(info, 2);
  const std::size_t phase = Size(info, 3);
  // SAFETY: with another length, align or phase the two munmap(2) below would reach memory of others.
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (length == 0 || align == 0 || (align & (align - 1)) != 0 || ((length | align | phase) & (page - 1)) != 0 ||
      length > PTRDIFF_MAX || align > PTRDIFF_MAX) {
    return Return(info, -EINVAL);
  }
  void* const found = ::mmap(/*addr=*/nullptr, length + align, PROT_NONE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | FreeFlags(info, 1), /*fd=*/-1, /*offset=*/0);
  if (found == MAP_FAILED) return Return(info, -errno);
  char* const start = static_cast<char*>(found);
  char* const base = start + ((phase - reinterpret_cast<std::uintptr_t>(start)) & (align - 1));
  char* const end = start + length + align;
  if (base != start) ::munmap(start, base - start);
  ::munmap(base + length, end - (base + length));  // never empty: base - start is less than align
  return Register(info, base, length, /*length=*/0, {/*fd=*/-1, /*offset=*/0});
}

// mapFixed(slot, at, fd, offset, length, prot, flags, dev, ino) -> 0; -EINVAL: also for a fenced range, and where a gap
// would stay before `at`
Napi::Value MapFixed(const Napi::CallbackInfo& info) {
  Range* const range = OwnRangeArg(info);
  const std::size_t at = Size(info, 1);
  const std::size_t length = Size(info, 4);
  if (range == nullptr || at > range->reserved || length > range->reserved - at) return Return(info, -EINVAL);
  if (at > range->length.load(std::memory_order_acquire)) return Return(info, -EINVAL);  // `length` has no holes
  // SAFETY: MAP_FIXED replaces only pages inside a range that the caller owns; the check above bounds it.
  void* const placed = ::mmap(Address(range, at), length, Int32(info, 5), Int32(info, 6) | MAP_FIXED,
                              DescriptorArg(info, 2), Int(info, 3));
  if (placed == MAP_FAILED) return Return(info, -errno);
  range->offset.store(Size(info, 3) - at, std::memory_order_release);
  range->dev.store(Float(info, 7), std::memory_order_release);
  range->ino.store(Float(info, 8), std::memory_order_release);
  range->fd.store(DescriptorArg(info, 2), std::memory_order_release);
  range->length.store(at + length, std::memory_order_release);
  return Return(info, 0);
}

// remap(slot, at, length, prot, flags) -> 0; the pages of the file again, where the fault guard has replaced them
Napi::Value Remap(const Napi::CallbackInfo& info) {
  const Range* const range = OwnRangeArg(info);
  const std::size_t at = Size(info, 1);
  const std::size_t length = Size(info, 2);
  if (range == nullptr || at > range->length.load() || length > range->length.load() - at) return Return(info, -EINVAL);
  // SAFETY: MAP_FIXED replaces only pages inside a range that the caller owns; the check above bounds it.
  const void* const placed = ::mmap(Address(range, at), length, Int32(info, 3), Int32(info, 4) | MAP_FIXED,
                                    range->fd.load(), static_cast<off_t>(range->offset.load() + at));
  return Return(info, placed == MAP_FAILED ? -errno : 0);
}

// cover(slot, at, length) -> 0
Napi::Value Cover(const Napi::CallbackInfo& info) {
  Range* const range = OwnRangeArg(info);
  const std::size_t at = Size(info, 1);
  if (range == nullptr || at > range->reserved || Size(info, 2) > range->reserved - at) return Return(info, -EINVAL);
  const int covered = ranges::Cover(range, at, Size(info, 2));
  if (covered == 0 && at < range->length.load()) range->length.store(at, std::memory_order_release);
  return Return(info, covered);
}

// close(slot) -> 0; -EBUSY: it is registered
Napi::Value Close(const Napi::CallbackInfo& info) {
  Range* const range = OwnRangeArg(info);
  if (range != nullptr && IsRegistered(range)) return Return(info, -EBUSY);
  return Return(info, range == nullptr ? -EINVAL : ranges::Close(range));
}

// abandon(slot) -> 0; -EBUSY: it is registered
Napi::Value Abandon(const Napi::CallbackInfo& info) {
  Range* const range = OwnRangeArg(info);
  if (range != nullptr && IsRegistered(range)) return Return(info, -EBUSY);
  return Return(info, range == nullptr ? -EINVAL : ranges::Abandon(range));
}

// address(slot) -> 0, the address in register 0
Napi::Value Address(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  Environment::Of(info.Env()).SetUint(0, range->base.load(std::memory_order_acquire));
  return Return(info, 0);
}

// users(slot) -> number of users of the memory, including the owner
Napi::Value Users(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  return Return(info, range == nullptr ? -EINVAL : std::int64_t{range->users.load(std::memory_order_acquire)});
}

// pin(slot, pinned) -> 0
Napi::Value Pin(const Napi::CallbackInfo& info) {
  Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  ranges::SetPinned(range, Int32(info, 1) != 0);
  return Return(info, 0);
}

// keptCount() -> number of ranges whose addresses stay for the life of the process
Napi::Value KeptCount(const Napi::CallbackInfo& info) { return Return(info, ranges::KeptCount()); }

// rangeCount() -> number of slots in use, in all threads
Napi::Value RangeCount(const Napi::CallbackInfo& info) { return Return(info, ranges::Count()); }

}  // namespace mapdirect
