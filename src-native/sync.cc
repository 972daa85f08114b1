// Writing back: msync(2) for the page cache, fsync(2) and fdatasync(2) for what belongs to the file besides.

#include <sys/mman.h>
#include <unistd.h>

#include "args.h"
#include "background.h"
#include "exports.h"

namespace mapdirect {

// sync(slot, offset, length) -> 0; offset is a multiple of the page size
Napi::Value Sync(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  return Return(info, Result(::msync(Address(range, Size(info, 1)), Size(info, 2), MS_SYNC)));
}

// syncAsync(slot, offset, length) -> Promise of 0
Napi::Value SyncAsync(const Napi::CallbackInfo& info) {
  Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  return QueueWork(info.Env(), range, [data = Address(range, Size(info, 1)), length = Size(info, 2)] {
    return Result(::msync(data, length, MS_SYNC));
  });
}

// syncFile(fd) -> 0
Napi::Value SyncFile(const Napi::CallbackInfo& info) { return Return(info, Result(::fsync(Int32(info, 0)))); }

// syncFileAsync(fd) -> Promise of 0
Napi::Value SyncFileAsync(const Napi::CallbackInfo& info) {
  return QueueWork(info.Env(), nullptr, [fd = Int32(info, 0)] { return Result(::fsync(fd)); });
}

}  // namespace mapdirect
