// The exports for file descriptors. They are O_CLOEXEC and closed with their environment.

#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

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

}  // namespace

// open(path, flags, mode) -> fd
Napi::Value OpenFile(const Napi::CallbackInfo& info) {
  return Adopt(info, ::open(Text(info, 0).c_str(), Int32(info, 1) | O_CLOEXEC, static_cast<mode_t>(Int(info, 2))));
}

// openAndWait(path) -> Promise of 0; waits until the holder of a lease has given it up
Napi::Value OpenAndWait(const Napi::CallbackInfo& info) {
  const auto wait = [path = Text(info, 0)]() -> std::int64_t {
    int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && errno == EACCES) fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : Result(::close(fd));
  };
  return QueueWork(info.Env(), {}, wait, background::Threads::kOwn);
}

// duplicate(fd) -> fd
Napi::Value DuplicateDescriptor(const Napi::CallbackInfo& info) {
  return Adopt(info, ::fcntl(DescriptorArg(info, 0), F_DUPFD_CLOEXEC, 0));
}

// closeDescriptor(fd) -> 0
Napi::Value CloseDescriptor(const Napi::CallbackInfo& info) {
  return Return(info, Environment::Of(info.Env()).OpenDescriptors().Close(DescriptorArg(info, 0)));
}

// access(path, mode) -> 0; mode: R_OK, W_OK, for the effective user
Napi::Value Access(const Napi::CallbackInfo& info) {
  return Return(info, Result(::faccessat(AT_FDCWD, Text(info, 0).c_str(), Int32(info, 1), AT_EACCESS)));
}

// statusFlags(fd) -> flags of F_GETFL, O_ACCMODE included
Napi::Value StatusFlags(const Napi::CallbackInfo& info) {
  return Return(info, Result(::fcntl(DescriptorArg(info, 0), F_GETFL)));
}

// fileSystem(fd) -> f_type of statfs(2)
Napi::Value FileSystem(const Napi::CallbackInfo& info) {
  struct statfs status;
  if (::fstatfs(DescriptorArg(info, 0), &status) != 0) return Return(info, -errno);
  return Return(info, static_cast<std::uint32_t>(status.f_type));
}

}  // namespace mapdirect
