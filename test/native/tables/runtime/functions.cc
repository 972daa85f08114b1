// Functions, references, clean-up hooks and instance data.

#include <algorithm>

#include "runtime.h"

using runtime::Enter;
using runtime::Kind;
using runtime::MayRun;
using runtime::Object;
using runtime::Of;
using runtime::ValueOf;

struct napi_ref__ final {
  Object* object;  // nullptr: the object was collected
  uint32_t count;  // 0: weak
};

struct napi_callback_info__ final {
  const runtime::Arguments& arguments;
  void* data;
};

napi_status napi_create_function(napi_env env, const char*, size_t, napi_callback callback, void* data,
                                 napi_value* result) {
  if (!MayRun(env)) return napi_pending_exception;
  Object* const made = env->New(Kind::kFunction);
  made->function = [env, callback, data](const runtime::Arguments& arguments) {
    napi_callback_info__ info{arguments, data};
    return Of(callback(env, &info));
  };
  *result = ValueOf(made);
  return napi_ok;
}

napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t* count, napi_value* values,
                             napi_value* receiver, void** data) {
  Enter(env);
  const std::size_t given = info->arguments.size();
  for (std::size_t i = 0; count != nullptr && values != nullptr && i < *count; i++) {
    values[i] = ValueOf(i < given ? info->arguments[i] : env->New(Kind::kUndefined));
  }
  if (count != nullptr) *count = given;
  if (receiver != nullptr) *receiver = ValueOf(env->New(Kind::kUndefined));
  if (data != nullptr) *data = info->data;
  return napi_ok;
}

napi_status napi_call_function(napi_env env, napi_value, napi_value function, size_t count, const napi_value* values,
                               napi_value* result) {
  if (!MayRun(env)) return napi_pending_exception;
  runtime::Arguments arguments;
  for (std::size_t i = 0; i < count; i++) arguments.push_back(Of(values[i]));
  Object* const returned = Of(function)->function(arguments);
  if (result != nullptr) *result = ValueOf(returned);
  return napi_ok;
}

napi_status napi_create_reference(napi_env env, napi_value value, uint32_t count, napi_ref* result) {
  Enter(env);
  *result = new napi_ref__{Of(value), count};
  if (count != 0) Of(value)->roots++;
  env->references.insert(*result);
  return napi_ok;
}

napi_status napi_get_reference_value(napi_env env, napi_ref reference, napi_value* result) {
  Enter(env);
  *result = ValueOf(reference->object);
  return napi_ok;
}

napi_status napi_delete_reference(napi_env env, napi_ref reference) {
  Enter(env);
  if (reference->count != 0 && reference->object != nullptr) reference->object->roots--;
  env->references.erase(reference);
  delete reference;
  return napi_ok;
}

void runtime::ForgetReferences(napi_env env, const Object* object) {
  for (napi_ref reference : env->references) {
    if (reference->object == object) reference->object = nullptr;
  }
}

napi_status napi_add_env_cleanup_hook(napi_env env, napi_cleanup_hook hook, void* argument) {
  Enter(env);
  env->hooks.emplace_back(hook, argument);
  return napi_ok;
}

napi_status napi_remove_env_cleanup_hook(napi_env env, napi_cleanup_hook hook, void* argument) {
  auto& hooks = env->hooks;
  const auto found = std::find(hooks.rbegin(), hooks.rend(), std::make_pair(hook, argument));
  if (found != hooks.rend()) hooks.erase(std::next(found).base());
  return napi_ok;
}

napi_status napi_set_instance_data(napi_env env, void* data, napi_finalize finalize, void* hint) {
  Enter(env);
  env->instance = {finalize, data, hint};
  return napi_ok;
}

napi_status napi_get_instance_data(napi_env env, void** data) {
  Enter(env);
  *data = env->instance.data;
  return napi_ok;
}
