// File descriptors that belong to mappings: always O_CLOEXEC, closed with their environment. And what is asked of a
// path without opening it.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstring>

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "thread/background.h"

namespace mapdirect {
namespace {

Napi::Value Adopt(const Napi::CallbackInfo& info, int fd) {
  if (fd < 0) return Return(info, -errno);
  Environment::Of(info.Env()).OpenDescriptors().Adopt(fd);
  return Return(info, fd);
}

struct Status final {
  std::uint64_t size, blocks, links, dev, ino, rdev;
  std::uint32_t mode, uid;
  std::uint64_t mount{0};  // 0: this kernel does not tell one that is never used again
  int dax{-1};             // 1 yes, 0 no, -1 cannot tell
};

constexpr std::uint64_t kAttributeDax = 0x00200000;  // STATX_ATTR_DAX, Linux 5.8
constexpr unsigned kUniqueMountId = 0x4000;          // STATX_MNT_ID_UNIQUE, Linux 6.8; not yet in every header
constexpr std::size_t kMountIdOffset = 0x90;         // stx_mnt_id: likewise

// False where statx(2) is unknown (Linux < 4.11) or forbidden (old container runtimes), too.
bool Statx(int fd, const char* path, Status* out) {
  struct statx status = {};
  if (::statx(fd, path, AT_EMPTY_PATH, STATX_BASIC_STATS | kUniqueMountId, &status) != 0) return false;
  out->size = status.stx_size;
  out->blocks = status.stx_blocks;
  out->links = status.stx_nlink;
  out->dev = makedev(status.stx_dev_major, status.stx_dev_minor);
  out->ino = status.stx_ino;
  out->rdev = makedev(status.stx_rdev_major, status.stx_rdev_minor);
  out->mode = status.stx_mode;
  out->uid = status.stx_uid;
  if ((status.stx_mask & kUniqueMountId) != 0) {
    std::memcpy(&out->mount, reinterpret_cast<const char*>(&status) + kMountIdOffset, sizeof(out->mount));
  }
  if ((status.stx_attributes_mask & kAttributeDax) != 0)
    out->dax = (status.stx_attributes & kAttributeDax) != 0 ? 1 : 0;
  return true;
}

bool Fstat(int fd, const char* path, Status* out) {
  struct stat status;
  if (::fstatat(fd, path, &status, AT_EMPTY_PATH) != 0) return false;
  out->size = static_cast<std::uint64_t>(status.st_size);
  out->blocks = static_cast<std::uint64_t>(status.st_blocks);
  out->links = status.st_nlink;
  out->dev = status.st_dev;
  out->ino = status.st_ino;
  out->rdev = status.st_rdev;
  out->mode = status.st_mode;
  out->uid = status.st_uid;
  return true;
}

// The file behind `fd` where `path` is empty.
Napi::Value StatAt(const Napi::CallbackInfo& info, int fd, const char* path) {
  Status status;
  if (!(Statx(fd, path, &status) || Fstat(fd, path, &status))) return Return(info, -errno);
  Environment& environment = Environment::Of(info.Env());
  environment.SetFloat(0, static_cast<double>(status.size));
  environment.SetFloat(1, status.mode);
  environment.SetFloat(2, static_cast<double>(status.blocks));
  environment.SetFloat(3, static_cast<double>(status.links));
  environment.SetFloat(4, static_cast<double>(status.dev));
  environment.SetUint(5, status.ino);
  environment.SetFloat(6, static_cast<double>(status.ino));
  environment.SetFloat(7, static_cast<double>(status.mount));
  environment.SetFloat(8, status.dax);
  environment.SetFloat(9, static_cast<double>(status.rdev));
  environment.SetFloat(10, status.uid);
  return Return(info, 0);
}

}  // namespace

// open(path, flags, mode) -> fd
Napi::Value OpenFile(const Napi::CallbackInfo& info) {
  return Adopt(info, ::open(Text(info, 0).c_str(), Int32(info, 1) | O_CLOEXEC, static_cast<mode_t>(Int(info, 2))));
}

// openAndWait(path) -> Promise of 0: waits for whoever has a lease on it
Napi::Value OpenAndWait(const Napi::CallbackInfo& info) {
  const auto knock = [path = Text(info, 0)]() -> std::int64_t {
    int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && errno == EACCES) fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : Result(::close(fd));
  };
  return QueueWork(info.Env(), {}, knock, /*alone=*/true);
}

// duplicate(fd) -> fd
Napi::Value DuplicateDescriptor(const Napi::CallbackInfo& info) {
  return Adopt(info, ::fcntl(Int32(info, 0), F_DUPFD_CLOEXEC, 0));
}

// closeDescriptor(fd) -> 0
Napi::Value CloseDescriptor(const Napi::CallbackInfo& info) {
  return Return(info, Environment::Of(info.Env()).OpenDescriptors().Close(Int32(info, 0)));
}

// stat(fd) -> 0; registers: size, mode, blocks (of 512 bytes), links, dev as doubles; ino as an integer and, rounded,
// as a double; the mount's id; whether the file is on DAX; rdev; the owner
Napi::Value Stat(const Napi::CallbackInfo& info) { return StatAt(info, Int32(info, 0), ""); }

// statPath(path) -> 0; registers as stat
Napi::Value StatPath(const Napi::CallbackInfo& info) { return StatAt(info, AT_FDCWD, Text(info, 0).c_str()); }

// access(path, mode) -> 0: R_OK and W_OK, for the effective user
Napi::Value Access(const Napi::CallbackInfo& info) {
  return Return(info, Result(::faccessat(AT_FDCWD, Text(info, 0).c_str(), Int32(info, 1), AT_EACCESS)));
}

// statusFlags(fd) -> O_ACCMODE and the rest, as F_GETFL has them
Napi::Value StatusFlags(const Napi::CallbackInfo& info) {
  return Return(info, Result(::fcntl(Int32(info, 0), F_GETFL)));
}

// fileSystem(fd) -> f_type of statfs(2)
Napi::Value FileSystem(const Napi::CallbackInfo& info) {
  struct statfs status;
  if (::fstatfs(Int32(info, 0), &status) != 0) return Return(info, -errno);
  return Return(info, static_cast<std::uint32_t>(status.f_type));
}

}  // namespace mapdirect
