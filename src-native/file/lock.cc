// Open file description locks (Linux 3.15) on the three bytes far past any data that the seal protocol uses.

#include "file/lock.h"

#include <fcntl.h>

#include "args.h"
#include "environment.h"
#include "exports.h"

namespace mapdirect {
namespace {

constexpr off_t kBase = off_t{1} << 62;

// In the order in which lib/seals/protocol.ts numbers them.
constexpr short kTypes[] = {F_RDLCK, F_WRLCK, F_UNLCK};

struct flock LockOf(const Napi::CallbackInfo& info, short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = kBase + Int(info, 1);
  lock.l_len = 1;
  return lock;
}

}  // namespace

void DropLocks(int fd) {
  struct flock everything = {};
  everything.l_type = F_UNLCK;
  ::fcntl(fd, F_OFD_SETLK, &everything);
}

// setLock(fd, byte, type, note) -> 0; -EAGAIN: somebody holds a lock that conflicts. `note`: 1 when close() of the
// descriptor, or the end of the environment, must drop it by itself
Napi::Value SetLock(const Napi::CallbackInfo& info) {
  const int fd = Int32(info, 0);
  struct flock lock = LockOf(info, kTypes[Size(info, 2) % 3]);
  const std::int64_t result = Result(::fcntl(fd, F_OFD_SETLK, &lock));
  if (result == 0 && Int32(info, 3) != 0) Environment::Of(info.Env()).OpenDescriptors().NoteLock(fd);
  return Return(info, result);
}

// testLock(fd, byte, own) -> 1 when another description (`own` 1: that of `fd`; -EINVAL before Linux 6.5) holds a lock
// there, else 0; registers: its first byte, relative to the protocol's first, its length (0: to the end), its pid (-1:
// a description's), and 1 if it is exclusive
Napi::Value TestLock(const Napi::CallbackInfo& info) {
  struct flock lock = LockOf(info, Int32(info, 2) != 0 ? F_UNLCK : F_WRLCK);
  if (::fcntl(Int32(info, 0), F_OFD_GETLK, &lock) != 0) return Return(info, -errno);
  Environment& environment = Environment::Of(info.Env());
  environment.SetFloat(0, static_cast<double>(lock.l_start - kBase));
  environment.SetFloat(1, static_cast<double>(lock.l_len));
  environment.SetFloat(2, lock.l_pid);
  environment.SetFloat(3, lock.l_type == F_WRLCK ? 1 : 0);
  return Return(info, lock.l_type == F_UNLCK ? 0 : 1);
}

}  // namespace mapdirect
