// SharedArrayBuffers over mapped memory, where the runtime has them (Node 22.23, 24.16, 26.1).

#include <dlfcn.h>

#include "args.h"
#include "environment.h"
#include "exports.h"

namespace mapdirect {
namespace {

using NoEnvironmentFinalizer = void (*)(void* data, void* hint);
using CreateShared = napi_status (*)(napi_env env, void* data, std::size_t length, NoEnvironmentFinalizer finalizer,
                                     void* hint, napi_value* result);

// Experimental in Node-API, so it may be missing.
CreateShared FindCreateShared() {
  return reinterpret_cast<CreateShared>(::dlsym(RTLD_DEFAULT, "node_api_create_external_sharedarraybuffer"));
}

// The memory belongs to every thread that has the SharedArrayBuffer. The last one may end on any thread.
void SharedEnded(void* /*data*/, void* hint) {
  auto* const range = static_cast<Range*>(hint);
  range->shared.fetch_sub(1, std::memory_order_acq_rel);
  ranges::DropUser(range);
}

}  // namespace

// sharedWindow(slot, offset, length) -> SharedArrayBuffer; -ENOTSUP: this runtime cannot make one
Napi::Value MakeSharedWindow(const Napi::CallbackInfo& info) {
  static const CreateShared create = FindCreateShared();
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  if (create == nullptr) return Return(info, -ENOTSUP);
  ranges::AddUser(part.range);
  part.range->shared.fetch_add(1, std::memory_order_acq_rel);
  napi_value buffer = nullptr;
  // A failure may come before or after the memory was taken over. Then the range stays in use: it is never unmapped too
  // early.
  if (create(info.Env(), part.data, part.length, SharedEnded, part.range, &buffer) == napi_ok)
    return {info.Env(), buffer};
  napi_value pending = nullptr;
  napi_get_and_clear_last_exception(info.Env(), &pending);
  return Return(info, -ENOMEM);
}

// sharedWindows(slot) -> the number of SharedArrayBuffers that a thread may still use
Napi::Value SharedWindows(const Napi::CallbackInfo& info) {
  const Range* const range = RangeArg(info, 0);
  return Return(info, range == nullptr ? -EINVAL : std::int64_t{range->shared.load(std::memory_order_acquire)});
}

}  // namespace mapdirect
