// Shares a range with another thread of this process.

#include "args.h"
#include "environment.h"
#include "exports.h"

namespace mapdirect {

// tableId() -> a number that differs between two copies of the addon in one process
Napi::Value TableId(const Napi::CallbackInfo& info) { return Return(info, static_cast<std::int64_t>(ranges::Id())); }

// shareRange(slot) -> serial number of the present tenant of the slot; it is never used again
Napi::Value ShareRange(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  return Return(info, range == nullptr ? -EINVAL : static_cast<std::int64_t>(range->serial.load()));
}

// attachDescriptor(slot, serial) -> duplicate of the descriptor, owned by this environment; -ENOENT: the owner closed
// it
Napi::Value AttachDescriptor(const Napi::CallbackInfo& info) {
  const int fd =
      ranges::DuplicateDescriptor(static_cast<std::uint32_t>(Int(info, 0)), static_cast<std::uint64_t>(Int(info, 1)));
  if (fd >= 0) Environment::Of(info.Env()).OpenDescriptors().Adopt(fd);
  return Return(info, fd);
}

}  // namespace mapdirect
