// ArrayBuffers and typed arrays: with their own memory, or with external memory of the addon.

#include <memory>

#include "runtime.h"

using runtime::Enter;
using runtime::Finalizer;
using runtime::Kind;
using runtime::MayRun;
using runtime::Object;
using runtime::Of;
using runtime::ValueOf;

namespace runtime {

// Outlives its buffer if the memory was moved to another environment.
struct Backing final {
  napi_env home;
  Finalizer finalizer;
  Object* buffer;
};

}  // namespace runtime

namespace {

using runtime::Backing;

// Takes the memory away from the buffer.
Backing* Part(Object* buffer) {
  Backing* const backing = buffer->backing;
  buffer->backing = nullptr;
  buffer->memory = nullptr;
  buffer->length = 0;
  return backing;
}

// The hook of Node for external memory at the end of an environment. It runs also for memory that was moved to another
// environment.
void GiveBack(void* data) {
  const std::unique_ptr<Backing> backing(static_cast<Backing*>(data));
  if (backing->buffer != nullptr) Part(backing->buffer);
  const Finalizer& finalizer = backing->finalizer;
  if (finalizer.call != nullptr) finalizer.call(backing->home, finalizer.data, finalizer.hint);
}

// Called when nothing refers to the memory any more.
void Drop(napi_env env, Object* buffer) {
  const std::unique_ptr<Backing> backing(Part(buffer));
  if (backing == nullptr) return;
  napi_remove_env_cleanup_hook(env, GiveBack, backing.get());
  env->Due(backing->finalizer);
}

}  // namespace

napi_status napi_create_arraybuffer(napi_env env, size_t length, void** data, napi_value* result) {
  if (!MayRun(env)) return napi_pending_exception;
  Object* const made = env->New(Kind::kBuffer);
  made->own = std::make_unique<char[]>(length + 1);
  made->memory = made->own.get();
  made->length = length;
  if (data != nullptr) *data = made->memory;
  *result = ValueOf(made);
  return napi_ok;
}

napi_status napi_create_external_arraybuffer(napi_env env, void* data, size_t length, napi_finalize finalize,
                                             void* hint, napi_value* result) {
  if (!MayRun(env)) return napi_pending_exception;
  const napi_status status = env->next_buffer;
  env->next_buffer = napi_ok;
  if (status == napi_no_external_buffers_allowed) return status;
  Object* const made = env->New(Kind::kBuffer);
  made->memory = static_cast<char*>(data);
  made->length = length;
  made->backing = new Backing{env, {finalize, data, hint}, made};
  env->hooks.emplace_back(GiveBack, made->backing);
  if (status != napi_ok) return status;  // the buffer exists without a reference, so the next collection frees it
  *result = ValueOf(made);
  return napi_ok;
}

napi_status napi_add_finalizer(napi_env env, napi_value object, void* data, napi_finalize finalize, void* hint,
                               napi_ref* result) {
  Enter(env);
  Of(object)->finalizers.push_back({finalize, data, hint});
  return result == nullptr ? napi_ok : napi_create_reference(env, object, 0, result);
}

napi_status napi_detach_arraybuffer(napi_env env, napi_value buffer) {
  Enter(env);
  if (Of(buffer)->kind != Kind::kBuffer) return napi_arraybuffer_expected;
  Drop(env, Of(buffer));
  return napi_ok;
}

napi_status napi_is_detached_arraybuffer(napi_env env, napi_value buffer, bool* result) {
  Enter(env);
  *result = Of(buffer)->memory == nullptr;
  return napi_ok;
}

napi_status napi_get_arraybuffer_info(napi_env env, napi_value buffer, void** data, size_t* length) {
  Enter(env);
  if (data != nullptr) *data = Of(buffer)->memory;
  if (length != nullptr) *length = Of(buffer)->length;
  return napi_ok;
}

napi_status napi_create_typedarray(napi_env env, napi_typedarray_type, size_t length, napi_value buffer, size_t offset,
                                   napi_value* result) {
  if (!MayRun(env)) return napi_pending_exception;
  Object* const made = env->New(Kind::kArray);
  made->buffer = Of(buffer);
  made->buffer->roots++;
  made->memory = made->buffer->memory + offset;
  made->length = length;
  *result = ValueOf(made);
  return napi_ok;
}

napi_status napi_get_typedarray_info(napi_env env, napi_value array, napi_typedarray_type* type, size_t* length,
                                     void** data, napi_value* buffer, size_t* offset) {
  Enter(env);
  if (Of(array)->kind != Kind::kArray) return napi_invalid_arg;
  if (type != nullptr) *type = napi_float64_array;
  if (length != nullptr) *length = Of(array)->length;
  if (data != nullptr) *data = Of(array)->memory;
  if (buffer != nullptr) *buffer = ValueOf(Of(array)->buffer);
  if (offset != nullptr) *offset = 0;
  return napi_ok;
}

void napi_env__::Transfer(Object* buffer) { Part(buffer)->buffer = nullptr; }

void runtime::ForgetMemory(napi_env env, Object* object) { Drop(env, object); }
