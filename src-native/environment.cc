#include "environment.h"

#include <unistd.h>

#include <cerrno>

#include "ranges.h"

namespace mapdirect {

Environment::Environment(Napi::Env env) : env_(env) {
  Napi::ArrayBuffer registers = Napi::ArrayBuffer::New(env, kRegisterCount * sizeof(Register));
  registers_ = static_cast<Register*>(registers.Data());
  registers_object_ = Napi::Persistent(registers);
  napi_add_env_cleanup_hook(env_, CleanUp, this);
}

void Environment::CleanUp(void* self) {
  auto* const environment = static_cast<Environment*>(self);
  ranges::CloseAllOf(environment);
  for (const int fd : environment->descriptors_) ::close(fd);
  environment->descriptors_.clear();
}

int Environment::CloseDescriptor(int fd) {
  if (descriptors_.erase(fd) == 0) return -EBADF;
  // Linux frees the descriptor even when close(2) reports EINTR: never retried (man 2 close).
  return ::close(fd) != 0 && errno != EINTR ? -errno : 0;
}

}  // namespace mapdirect
