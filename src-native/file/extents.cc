// The extents of a file: FIEMAP, or lseek(2) with SEEK_DATA and SEEK_HOLE on file systems without FIEMAP.

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "thread/background.h"

namespace mapdirect {
namespace {

constexpr std::uint32_t kBatch = 512;

void Put(ExtentList* list, std::uint64_t offset, std::uint64_t physical, std::uint64_t length, std::uint32_t flags) {
  list->insert(list->end(), {static_cast<double>(offset), static_cast<double>(physical), static_cast<double>(length),
                             static_cast<double>(flags)});
}

// Lists the extents that touch [offset, end), in order.
std::int64_t Fiemap(int fd, std::uint64_t offset, std::uint64_t end, std::uint32_t flags, ExtentList* list) {
  constexpr std::size_t kSize = sizeof(struct fiemap) + kBatch * sizeof(struct fiemap_extent);
  alignas(struct fiemap) static thread_local char memory[kSize];
  auto* const request = reinterpret_cast<struct fiemap*>(memory);
  while (offset < end) {
    std::memset(request, 0, sizeof(*request));
    request->fm_start = offset;
    request->fm_length = end - offset;
    request->fm_flags = flags;
    request->fm_extent_count = kBatch;
    if (::ioctl(fd, FS_IOC_FIEMAP, request) != 0) return -errno;
    for (std::uint32_t i = 0; i < request->fm_mapped_extents; i++) {
      const struct fiemap_extent& extent = request->fm_extents[i];
      Put(list, extent.fe_logical, extent.fe_physical, extent.fe_length, extent.fe_flags);
      offset = extent.fe_logical + extent.fe_length;
      if ((extent.fe_flags & FIEMAP_EXTENT_LAST) != 0) return 0;
    }
    if (request->fm_mapped_extents == 0) return 0;
  }
  return 0;
}

// Lists the data only, without flags. The kernel does not tell the physical addresses, so they are the offsets. Moves
// the position of the descriptor.
std::int64_t SeekData(int fd, std::uint64_t offset, std::uint64_t end, ExtentList* list) {
  while (offset < end) {
    const off_t data = ::lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
    if (data < 0) return errno == ENXIO ? 0 : -errno;
    const off_t hole = ::lseek(fd, data, SEEK_HOLE);
    if (hole < 0) return -errno;
    if (static_cast<std::uint64_t>(hole) <= offset) return -EINVAL;  // lseek(2) of /dev/null always returns 0
    const auto from = static_cast<std::uint64_t>(data);
    const std::uint64_t to = std::min(static_cast<std::uint64_t>(hole), end);
    if (from < to) Put(list, from, from, to - from, 0);
    offset = static_cast<std::uint64_t>(hole);
  }
  return 0;
}

// The argument `how`; lib/backend/native/files.ts has the same numbers.
constexpr std::int64_t kSeek = 2;
constexpr std::int64_t kFiemapSync = 1;

struct Question final {
  int fd;
  std::uint64_t offset, end;
  std::int64_t how;

  [[nodiscard]] std::int64_t Ask(ExtentList* list) const {
    if (how == kSeek) return SeekData(fd, offset, end, list);
    return Fiemap(fd, offset, end, how == kFiemapSync ? FIEMAP_FLAG_SYNC : 0, list);
  }
};

Question QuestionOf(const Napi::CallbackInfo& info) {
  const auto offset = static_cast<std::uint64_t>(Int(info, 1));
  return {DescriptorArg(info, 0), offset, offset + static_cast<std::uint64_t>(Int(info, 2)), Int(info, 3)};
}

}  // namespace

// readExtents(fd, offset, length, how, ticket) -> 0
Napi::Value ReadExtents(const Napi::CallbackInfo& info) {
  const auto list = std::make_shared<ExtentList>();
  Environment::Of(info.Env()).Keep(Int(info, 4), list);
  return Return(info, QuestionOf(info).Ask(list.get()));
}

// readExtentsAsync(fd, offset, length, how, ticket) -> Promise of 0
Napi::Value ReadExtentsAsync(const Napi::CallbackInfo& info) {
  const auto list = std::make_shared<ExtentList>();
  Environment::Of(info.Env()).Keep(Int(info, 4), list);
  return QueueWork(info.Env(), {nullptr, {DescriptorArg(info, 0)}},
                   [question = QuestionOf(info), list] { return question.Ask(list.get()); });
}

// takeExtents(ticket) -> Float64Array of offset, physical address, length, flags in turn; -ECANCELED: the environment
// is ending
Napi::Value TakeExtents(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::shared_ptr<ExtentList> list = Environment::Of(env).Take(Int(info, 0));
  const std::size_t count = list == nullptr ? 0 : list->size();
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_value array = nullptr;
  // Raw Node-API: in a worker that is being stopped both calls fail, and the wrappers of napi.h would end the process.
  if (napi_create_arraybuffer(env, count * sizeof(double), &data, &buffer) != napi_ok) return Return(info, -ECANCELED);
  if (count != 0) std::memcpy(data, list->data(), count * sizeof(double));
  if (napi_create_typedarray(env, napi_float64_array, count, buffer, /*byte_offset=*/0, &array) != napi_ok) {
    return Return(info, -ECANCELED);
  }
  return {env, array};
}

// inodeFlags(fd) -> FS_*_FL
Napi::Value InodeFlags(const Napi::CallbackInfo& info) {
  unsigned flags = 0;
  if (::ioctl(DescriptorArg(info, 0), FS_IOC_GETFLAGS, &flags) != 0) return Return(info, -errno);
  return Return(info, flags);
}

}  // namespace mapdirect
