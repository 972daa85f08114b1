// stat(2) of a descriptor or a path: statx(2), and fstatat(2) where statx(2) is missing.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstring>

#include "args.h"
#include "environment.h"
#include "exports.h"

namespace mapdirect {
namespace {

struct Status final {
  std::uint64_t size, blocks, dev, ino, rdev;
  std::uint32_t mode, uid;
  std::uint64_t mount{0};  // a mount id that is never used again; 0: this kernel has none
  int dax{-1};             // 1: on DAX, 0: not on DAX, -1: this kernel does not say
};

constexpr std::uint64_t kAttributeDax = 0x00200000;  // STATX_ATTR_DAX, Linux 5.8
constexpr unsigned kUniqueMountId = 0x4000;          // STATX_MNT_ID_UNIQUE, Linux 6.8; older headers do not have it
constexpr std::size_t kMountIdOffset = 0x90;         // of stx_mnt_id; older headers do not have it

// Returns false also where statx(2) is unknown (before Linux 4.11) or forbidden (old container runtimes).
bool Statx(int fd, const char* path, Status* out) {
  struct statx status = {};
  if (::statx(fd, path, AT_EMPTY_PATH, STATX_BASIC_STATS | kUniqueMountId, &status) != 0) return false;
  out->size = status.stx_size;
  out->blocks = status.stx_blocks;
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
  out->dev = status.st_dev;
  out->ino = status.st_ino;
  out->rdev = status.st_rdev;
  out->mode = status.st_mode;
  out->uid = status.st_uid;
  return true;
}

// An empty path names the file of `fd`.
Napi::Value StatAt(const Napi::CallbackInfo& info, int fd, const char* path) {
  Status status;
  if (!(Statx(fd, path, &status) || Fstat(fd, path, &status))) return Return(info, -errno);
  Environment& environment = Environment::Of(info.Env());
  environment.SetFloat(0, static_cast<double>(status.size));
  environment.SetFloat(1, status.mode);
  environment.SetFloat(2, static_cast<double>(status.blocks));
  environment.SetFloat(3, static_cast<double>(status.dev));
  environment.SetFloat(4, static_cast<double>(status.ino));
  environment.SetUint(5, status.ino);
  environment.SetFloat(6, static_cast<double>(status.mount));
  environment.SetFloat(7, status.dax);
  environment.SetFloat(8, static_cast<double>(status.rdev));
  environment.SetFloat(9, status.uid);
  return Return(info, 0);
}

}  // namespace

// stat(fd) -> 0; registers: 0 size, 1 mode, 2 blocks of 512 bytes, 3 dev, 4 ino rounded to a double, 5 ino as an
// integer, 6 mount id, 7 on DAX (1, 0 or -1), 8 rdev, 9 user id of the owner
Napi::Value Stat(const Napi::CallbackInfo& info) { return StatAt(info, DescriptorArg(info, 0), ""); }

// statPath(path) -> 0; registers as stat()
Napi::Value StatPath(const Napi::CallbackInfo& info) { return StatAt(info, AT_FDCWD, Text(info, 0).c_str()); }

}  // namespace mapdirect
