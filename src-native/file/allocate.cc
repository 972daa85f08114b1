// The blocks and the length of a file: fallocate(2), ftruncate(2).

#include <fcntl.h>
#include <unistd.h>

#include "args.h"
#include "exports.h"
#include "thread/background.h"
#include "thread/thread.h"

namespace mapdirect {
namespace {

// When a signal is pending, some file systems (tmpfs before Linux 6.11) undo the allocation and fail with EINTR. If the
// signals come faster than the allocation ends (from a profiler, for example), a loop of retries would never end. So
// this thread blocks signals meanwhile. Other interruptions, for example by a debugger, are few.
constexpr int kTries = 100;

std::int64_t AllocateBlocks(int fd, int mode, std::int64_t offset, std::int64_t length) {
  const SignalsHeld held;
  std::int64_t result = -EINTR;
  for (int i = 0; i < kTries && result == -EINTR; i++) result = Result(::fallocate(fd, mode, offset, length));
  return result;
}

}  // namespace

// allocate(fd, mode, offset, length) -> 0
Napi::Value Allocate(const Napi::CallbackInfo& info) {
  return Return(info, AllocateBlocks(DescriptorArg(info, 0), Int32(info, 1), Int(info, 2), Int(info, 3)));
}

// allocateAsync(fd, mode, offset, length) -> Promise of 0
Napi::Value AllocateAsync(const Napi::CallbackInfo& info) {
  return QueueWork(info.Env(), {nullptr, {DescriptorArg(info, 0)}},
                   [fd = DescriptorArg(info, 0), mode = Int32(info, 1), offset = Int(info, 2), length = Int(info, 3)] {
                     return AllocateBlocks(fd, mode, offset, length);
                   });
}

// truncate(fd, length) -> 0
Napi::Value Truncate(const Napi::CallbackInfo& info) {
  return Return(info, Result(::ftruncate(DescriptorArg(info, 0), Int(info, 1))));
}

}  // namespace mapdirect
