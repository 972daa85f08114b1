// ArrayBuffers over mapped memory, and how they are taken away again.

#include "args.h"
#include "exports.h"

namespace mapdirect {
namespace {

// Two of these fire for every window: one when its backing store is gone (it moves along with ArrayBuffer.transfer),
// one when the ArrayBuffer object is (it waits for requests that still hold the Buffer). Only after both is the memory
// out of everybody's reach. On the environment's own thread, never synchronously inside a call.
void Dropped(napi_env /*env*/, void* /*data*/, void* range) { ranges::DropUser(static_cast<Range*>(range)); }

}  // namespace

// window(slot, offset, length) -> ArrayBuffer, or a negative errno; -ENOTSUP: this runtime forbids external memory
Napi::Value Window(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Range* const range = RangeArg(info, 0);
  if (range == nullptr) return Return(info, -EINVAL);
  void* const data = Address(range, Size(info, 1));

  ranges::AddUser(range);
  napi_value buffer = nullptr;
  const napi_status made = napi_create_external_arraybuffer(env, data, Size(info, 2), Dropped, range, &buffer);
  if (made == napi_no_external_buffers_allowed) ranges::DropUser(range);  // the one failure that never finalizes
  if (made != napi_ok) {
    napi_value pending = nullptr;
    napi_get_and_clear_last_exception(env, &pending);
    return Return(info, made == napi_no_external_buffers_allowed ? -ENOTSUP : -ENOMEM);
  }

  ranges::AddUser(range);
  if (napi_add_finalizer(env, buffer, range, Dropped, range, /*result=*/nullptr) != napi_ok) {
    ranges::DropUser(range);
    napi_detach_arraybuffer(env, buffer);
    return Return(info, -ENOMEM);
  }
  return {env, buffer};
}

// detach(arrayBuffer) -> 0
Napi::Value Detach(const Napi::CallbackInfo& info) {
  return Return(info, napi_detach_arraybuffer(info.Env(), info[0]) == napi_ok ? 0 : -EINVAL);
}

}  // namespace mapdirect
