// Writes back: msync(2) and sync_file_range(2) for pages, fsync(2) for pages and metadata of a file, syncfs(2) for a
// file system. cachestat(2) counts the pages to write.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "args.h"
#include "exports.h"
#include "thread/background.h"

namespace mapdirect {
namespace {

struct WritingBack final {
  int fd;
  off_t offset, length;
  bool finish;

  [[nodiscard]] std::int64_t Run() const {
    if (!finish) return Result(::sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE));
    constexpr unsigned kAll = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    const std::int64_t result = Result(::sync_file_range(fd, offset, length, kAll));
    if (result == 0) ::posix_fadvise(fd, offset, length, POSIX_FADV_DONTNEED);
    return result;
  }
};

// cachestat(2), Linux 6.5: the C library and the headers may be older. The number is the same on all supported CPUs.
constexpr long kCacheStat = 451;
struct CacheStatRange final {
  std::uint64_t offset, length;
};
struct CacheStat final {
  std::uint64_t cached, dirty, writeback, evicted, recently_evicted;
};

WritingBack WritingBackOf(const Napi::CallbackInfo& info) {
  return {DescriptorArg(info, 0), Int(info, 1), Int(info, 2), Int32(info, 3) != 0};
}

}  // namespace

// sync(slot, offset, length) -> 0; offset is a multiple of the page size
Napi::Value Sync(const Napi::CallbackInfo& info) {
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  return Return(info, Result(::msync(part.data, part.length, MS_SYNC)));
}

// syncAsync(slot, offset, length) -> Promise of 0
Napi::Value SyncAsync(const Napi::CallbackInfo& info) {
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  return QueueWork(
      info.Env(), {part.range}, [part] { return Result(::msync(part.data, part.length, MS_SYNC)); },
      background::Threads::kFlushes);
}

// syncFile(fd) -> 0
Napi::Value SyncFile(const Napi::CallbackInfo& info) { return Return(info, Result(::fsync(DescriptorArg(info, 0)))); }

// syncFileAsync(fd) -> Promise of 0
Napi::Value SyncFileAsync(const Napi::CallbackInfo& info) {
  return QueueWork(info.Env(), {nullptr, {DescriptorArg(info, 0)}},
                   [fd = DescriptorArg(info, 0)] { return Result(::fsync(fd)); });
}

// syncFileSystem(fd) -> 0; the whole file system of the file
Napi::Value SyncFileSystem(const Napi::CallbackInfo& info) {
  return Return(info, Result(::syncfs(DescriptorArg(info, 0))));
}

// syncFileSystemAsync(fd) -> Promise of 0
Napi::Value SyncFileSystemAsync(const Napi::CallbackInfo& info) {
  return QueueWork(info.Env(), {nullptr, {DescriptorArg(info, 0)}},
                   [fd = DescriptorArg(info, 0)] { return Result(::syncfs(fd)); });
}

// writeBack(fd, offset, length, finish) -> 0
Napi::Value WriteBack(const Napi::CallbackInfo& info) { return Return(info, WritingBackOf(info).Run()); }

// writeBackAsync(fd, offset, length, finish) -> Promise of 0
Napi::Value WriteBackAsync(const Napi::CallbackInfo& info) {
  return QueueWork(info.Env(), {nullptr, {DescriptorArg(info, 0)}},
                   [writing = WritingBackOf(info)] { return writing.Run(); });
}

// dirtyPages(fd, offset, length) -> number of pages in the page cache that are dirty or being written
Napi::Value DirtyPages(const Napi::CallbackInfo& info) {
  CacheStatRange range{Size(info, 1), Size(info, 2)};
  CacheStat found{};
  const std::int64_t result = Result(::syscall(kCacheStat, DescriptorArg(info, 0), &range, &found, 0U));
  return Return(info, result < 0 ? result : static_cast<std::int64_t>(found.dirty + found.writeback));
}

}  // namespace mapdirect
