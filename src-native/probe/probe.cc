// Questions of probe() to the kernel. Each is tried for real and undone.

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "args.h"
#include "exports.h"
#include "lease/lease_syscalls.h"

namespace mapdirect {

// countMaps() -> number of lines of /proc/self/maps, which vm.max_map_count limits
Napi::Value CountMaps(const Napi::CallbackInfo& info) {
  const int fd = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Return(info, -errno);
  constexpr std::size_t kSize = 256 * 1024;
  const auto buffer = std::make_unique<char[]>(kSize);
  std::int64_t lines = 0;
  ssize_t got = 0;
  while ((got = ::read(fd, buffer.get(), kSize)) > 0) {
    const char* const end = buffer.get() + got;
    for (const char* at = buffer.get(); (at = static_cast<const char*>(std::memchr(at, '\n', end - at))) != nullptr;
         at++) {
      lines++;
    }
  }
  const std::int64_t result = got < 0 ? -errno : lines;
  ::close(fd);
  return Return(info, result);
}

// resourceLimit(resource) -> the soft limit; -1: unlimited
Napi::Value ResourceLimit(const Napi::CallbackInfo& info) {
  struct rlimit limit;
  using Resource = decltype(RLIMIT_NOFILE);  // an enum in glibc, int in musl
  if (::getrlimit(static_cast<Resource>(Int(info, 0)), &limit) != 0) return Return(info, -errno);
  return Return(info, limit.rlim_cur == RLIM_INFINITY ? -1 : static_cast<std::int64_t>(limit.rlim_cur));
}

// tryMap(fd, length, prot, flags) -> 0 if such a mapping can be created; it is removed before return
Napi::Value TryMap(const Napi::CallbackInfo& info) {
  const std::size_t length = Size(info, 1);
  void* const base =
      ::mmap(/*addr=*/nullptr, length, Int32(info, 2), FreeFlags(info, 3), DescriptorArg(info, 0), /*offset=*/0);
  if (base == MAP_FAILED) return Return(info, -errno);
  return Return(info, Result(::munmap(base, length)));
}

// tryLease(fd) -> 0 if a write lease was granted; it is dropped before return
Napi::Value TryLease(const Napi::CallbackInfo& info) {
  const int fd = DescriptorArg(info, 0);
  const int taken = lease_syscalls::Take(fd);
  return Return(info, taken == 0 ? lease_syscalls::Drop(fd) : taken);
}

// tryExtents(fd) -> 0 if the file system answers FIEMAP
Napi::Value TryExtents(const Napi::CallbackInfo& info) {
  struct fiemap request = {};
  request.fm_length = FIEMAP_MAX_OFFSET;
  return Return(info, Result(::ioctl(DescriptorArg(info, 0), FS_IOC_FIEMAP, &request)));
}

}  // namespace mapdirect
