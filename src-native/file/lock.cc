// Locks of open file descriptions (Linux 3.15) on bytes far behind any data: the three of the seal protocol, and the
// one of the writer lock. lib/backend/native/files.ts numbers them.

#include "file/lock.h"

#include <fcntl.h>

#include "args.h"
#include "environment.h"
#include "exports.h"

namespace mapdirect {
namespace {

constexpr off_t kBase = off_t{1} << 62;
constexpr off_t kSealBytes = 3;

// Numbered as in lib/backend/native/files.ts.
constexpr short kTypes[] = {F_RDLCK, F_WRLCK, F_UNLCK};

struct flock LockOf(const Napi::CallbackInfo& info, short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  // Unsigned: a sum that is too large is negative, and fcntl(2) refuses that.
  lock.l_start = static_cast<off_t>(static_cast<std::uint64_t>(kBase) + Size(info, 1));
  lock.l_len = 1;
  return lock;
}

}  // namespace

void DropLocks(int fd) {
  struct flock everything = {};
  everything.l_type = F_UNLCK;
  ::fcntl(fd, F_OFD_SETLK, &everything);
}

void DropSealLocks(int fd) {
  struct flock lock = {};
  lock.l_type = F_UNLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kBase;
  lock.l_len = kSealBytes;
  ::fcntl(fd, F_OFD_SETLK, &lock);
}

// setLock(fd, byte, type, note) -> 0; -EAGAIN: another description has a conflicting lock. `note` 1: closing the
// descriptor, or the end of the environment, must drop the lock explicitly
Napi::Value SetLock(const Napi::CallbackInfo& info) {
  const int fd = DescriptorArg(info, 0);
  struct flock lock = LockOf(info, kTypes[Size(info, 2) % 3]);
  const std::int64_t result = Result(::fcntl(fd, F_OFD_SETLK, &lock));
  if (result == 0 && Int32(info, 3) != 0) Environment::Of(info.Env()).OpenDescriptors().NoteLock(fd);
  return Return(info, result);
}

// testLock(fd, byte, own) -> 1 if another description has a lock there, else 0. `own` 1: asks about the description of
// `fd` (-EINVAL before Linux 6.5). Registers: 0 first byte, counted from 2^62, 1 length (0:
// to the end), 2 pid (-1: the lock of a description), 3 exclusive (1) or shared (0)
Napi::Value TestLock(const Napi::CallbackInfo& info) {
  struct flock lock = LockOf(info, Int32(info, 2) != 0 ? F_UNLCK : F_WRLCK);
  if (::fcntl(DescriptorArg(info, 0), F_OFD_GETLK, &lock) != 0) return Return(info, -errno);
  Environment& environment = Environment::Of(info.Env());
  environment.SetFloat(0, static_cast<double>(lock.l_start - kBase));
  environment.SetFloat(1, static_cast<double>(lock.l_len));
  environment.SetFloat(2, lock.l_pid);
  environment.SetFloat(3, lock.l_type == F_WRLCK ? 1 : 0);
  return Return(info, lock.l_type == F_UNLCK ? 0 : 1);
}

}  // namespace mapdirect
