// Files in memory whose seals the kernel enforces: memfd_create(2), F_ADD_SEALS.

#include <fcntl.h>
#include <sys/mman.h>

#include "args.h"
#include "environment.h"
#include "exports.h"

namespace mapdirect {

// memoryFile(name) -> fd
Napi::Value MemoryFile(const Napi::CallbackInfo& info) {
  const int fd = ::memfd_create(Text(info, 0).c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return Return(info, -errno);
  Environment::Of(info.Env()).OpenDescriptors().Adopt(fd);
  return Return(info, fd);
}

// addSeals(fd, seals) -> 0
Napi::Value AddSeals(const Napi::CallbackInfo& info) {
  return Return(info, Result(::fcntl(DescriptorArg(info, 0), F_ADD_SEALS, Int32(info, 1))));
}

}  // namespace mapdirect
