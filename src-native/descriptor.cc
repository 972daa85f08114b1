// File descriptors that belong to mappings: always O_CLOEXEC, closed with their environment.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "args.h"
#include "environment.h"
#include "exports.h"

namespace mapdirect {
namespace {

Napi::Value Adopt(const Napi::CallbackInfo& info, int fd) {
  if (fd < 0) return Return(info, -errno);
  Environment::Of(info.Env()).AdoptDescriptor(fd);
  return Return(info, fd);
}

}  // namespace

// open(path, flags, mode) -> fd
Napi::Value OpenFile(const Napi::CallbackInfo& info) {
  return Adopt(info, ::open(Text(info, 0).c_str(), Int32(info, 1) | O_CLOEXEC, static_cast<mode_t>(Int(info, 2))));
}

// duplicate(fd) -> fd
Napi::Value DuplicateDescriptor(const Napi::CallbackInfo& info) {
  return Adopt(info, ::fcntl(Int32(info, 0), F_DUPFD_CLOEXEC, 0));
}

// closeDescriptor(fd) -> 0
Napi::Value CloseDescriptor(const Napi::CallbackInfo& info) {
  return Return(info, Environment::Of(info.Env()).CloseDescriptor(Int32(info, 0)));
}

// stat(fd) -> 0; registers: dev, ino, rdev as integers; size, mode, blocks (of 512 bytes), nlink as doubles
Napi::Value Stat(const Napi::CallbackInfo& info) {
  struct stat status;
  if (::fstat(Int32(info, 0), &status) != 0) return Return(info, -errno);
  Environment& environment = Environment::Of(info.Env());
  environment.SetUint(0, status.st_dev);
  environment.SetUint(1, status.st_ino);
  environment.SetUint(2, status.st_rdev);
  environment.SetFloat(3, static_cast<double>(status.st_size));
  environment.SetFloat(4, status.st_mode);
  environment.SetFloat(5, static_cast<double>(status.st_blocks));
  environment.SetFloat(6, static_cast<double>(status.st_nlink));
  return Return(info, 0);
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
