// The exports for windows: ArrayBuffers over mapped memory.

#include "args.h"
#include "environment.h"
#include "exports.h"
#include "memory/window_list.h"

namespace mapdirect {

// window(slot, offset, length) -> ArrayBuffer, or a negative errno; handOut() must follow; -ENOTSUP: this runtime
// forbids external memory
Napi::Value MakeWindow(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Part part = PartArg(info);
  if (part.range == nullptr) return Return(info, -EINVAL);
  Environment& environment = Environment::Of(env);
  napi_value buffer = nullptr;
  const napi_status made = environment.OwnWindows().Make(env, part.range, part.data, part.length, &buffer);
  if (made == napi_ok) return {env, buffer};
  napi_value pending = nullptr;
  napi_get_and_clear_last_exception(env, &pending);
  return Return(info, made == napi_no_external_buffers_allowed ? -ENOTSUP : -ENOMEM);
}

// handOut(arrayBuffer) -> 0; the ArrayBuffer of the last window(), or the one that its memory was transferred to
Napi::Value HandOutWindow(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return Return(info, Environment::Of(env).OwnWindows().HandOut(env, info[0]) ? 0 : -ENOMEM);
}

// detach(arrayBuffer) -> 0; -EINVAL: no ArrayBuffer, or the one of the registers, whose memory the addon still uses
Napi::Value DetachWindow(const Napi::CallbackInfo& info) {
  void* data = nullptr;
  std::size_t length = 0;
  const bool is_buffer = napi_get_arraybuffer_info(info.Env(), info[0], &data, &length) == napi_ok;
  if (!is_buffer || Environment::Of(info.Env()).IsRegisters(data)) return Return(info, -EINVAL);
  return Return(info, napi_detach_arraybuffer(info.Env(), info[0]) == napi_ok ? 0 : -EINVAL);
}

}  // namespace mapdirect
