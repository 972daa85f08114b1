// Numbers, strings, objects, promises, exceptions and scopes.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime.h"

using runtime::Enter;
using runtime::Kind;
using runtime::MayRun;
using runtime::Object;
using runtime::Of;
using runtime::ValueOf;

namespace {

napi_status Give(napi_value* result, Object* object) {
  *result = ValueOf(object);
  return napi_ok;
}

Object* NewText(napi_env env, const char* text, std::size_t length) {
  return env->New(length == NAPI_AUTO_LENGTH ? std::string(text) : std::string(text, length));
}

}  // namespace

napi_status napi_get_undefined(napi_env env, napi_value* result) {
  Enter(env);
  return Give(result, env->New(Kind::kUndefined));
}

napi_status napi_create_double(napi_env env, double value, napi_value* result) {
  Enter(env);
  return Give(result, env->New(value));
}

napi_status napi_create_int32(napi_env env, int32_t value, napi_value* result) {
  Enter(env);
  return Give(result, env->New(static_cast<double>(value)));
}

napi_status napi_create_int64(napi_env env, int64_t value, napi_value* result) {
  Enter(env);
  return Give(result, env->New(static_cast<double>(value)));
}

napi_status napi_create_string_latin1(napi_env env, const char* text, size_t length, napi_value* result) {
  Enter(env);
  return Give(result, NewText(env, text, length));
}

napi_status napi_create_string_utf8(napi_env env, const char* text, size_t length, napi_value* result) {
  Enter(env);
  return Give(result, NewText(env, text, length));
}

napi_status napi_create_object(napi_env env, napi_value* result) {
  Enter(env);
  return Give(result, env->New(Kind::kObject));
}

// As in Node-API: a number that is not finite gives 0, a number out of range the nearest int64.
napi_status napi_get_value_int64(napi_env env, napi_value value, int64_t* result) {
  Enter(env);
  if (Of(value)->kind != Kind::kNumber) return napi_number_expected;
  const double number = Of(value)->number;
  constexpr double kLimit = 9223372036854775808.0;
  *result = !std::isfinite(number) ? 0
            : number >= kLimit     ? INT64_MAX
            : number <= -kLimit    ? INT64_MIN
                                   : static_cast<int64_t>(number);
  return napi_ok;
}

napi_status napi_get_value_double(napi_env env, napi_value value, double* result) {
  Enter(env);
  if (Of(value)->kind != Kind::kNumber) return napi_number_expected;
  *result = Of(value)->number;
  return napi_ok;
}

napi_status napi_get_value_string_utf8(napi_env env, napi_value value, char* to, size_t size, size_t* result) {
  Enter(env);
  const std::string& text = Of(value)->text;
  const std::size_t length = to == nullptr ? text.size() : std::min(text.size(), size - 1);
  if (to != nullptr) std::memcpy(to, text.data(), length);
  if (to != nullptr) to[length] = '\0';
  if (result != nullptr) *result = length;
  return napi_ok;
}

napi_status napi_typeof(napi_env env, napi_value value, napi_valuetype* result) {
  Enter(env);
  const Kind kind = Of(value)->kind;
  *result = kind == Kind::kUndefined  ? napi_undefined
            : kind == Kind::kNumber   ? napi_number
            : kind == Kind::kString   ? napi_string
            : kind == Kind::kFunction ? napi_function
                                      : napi_object;
  return napi_ok;
}

napi_status napi_set_named_property(napi_env env, napi_value object, const char* name, napi_value value) {
  if (!MayRun(env)) return napi_pending_exception;
  Of(value)->roots++;  // stays, because no property is set twice here
  Of(object)->properties[name] = Of(value);
  return napi_ok;
}

// node-addon-api calls it for errors only, to find out whether it has wrapped this one.
napi_status napi_has_property(napi_env env, napi_value, napi_value, bool* result) {
  if (!MayRun(env)) return napi_pending_exception;
  *result = false;
  return napi_ok;
}

napi_status napi_create_promise(napi_env env, napi_deferred* deferred, napi_value* promise) {
  if (!MayRun(env)) return napi_pending_exception;
  Object* const made = env->New(Kind::kPromise);
  made->roots = 1;  // until it is settled
  *deferred = reinterpret_cast<napi_deferred>(made);
  return Give(promise, made);
}

napi_status napi_resolve_deferred(napi_env env, napi_deferred deferred, napi_value value) {
  if (!MayRun(env)) return napi_pending_exception;
  auto* const promise = reinterpret_cast<Object*>(deferred);
  if (promise->settled) runtime::Die("a promise was settled twice");
  promise->settled = true;
  promise->number = Of(value)->number;
  promise->roots--;
  return napi_ok;
}

napi_status napi_create_error(napi_env env, napi_value, napi_value message, napi_value* result) {
  Enter(env);
  Object* const made = env->New(Kind::kObject);
  made->text = Of(message)->text;
  return Give(result, made);
}

napi_status napi_create_type_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  return napi_create_error(env, code, message, result);
}

napi_status napi_throw(napi_env env, napi_value error) {
  if (!MayRun(env)) return napi_pending_exception;
  env->exception = Of(error);
  return napi_ok;
}

napi_status napi_throw_error(napi_env env, const char*, const char* message) {
  return napi_throw(env, ValueOf(env->New(std::string(message))));
}

napi_status napi_is_exception_pending(napi_env env, bool* result) {
  Enter(env);
  *result = env->exception != nullptr;
  return napi_ok;
}

napi_status napi_get_and_clear_last_exception(napi_env env, napi_value* result) {
  Enter(env);
  if (env->exception == nullptr) return napi_get_undefined(env, result);
  *result = ValueOf(env->exception);
  env->exception = nullptr;
  return napi_ok;
}

napi_status napi_get_last_error_info(napi_env, const napi_extended_error_info** result) {
  static constexpr napi_extended_error_info kInfo = {"", nullptr, 0, napi_pending_exception};
  *result = &kInfo;
  return napi_ok;
}

napi_status napi_fatal_exception(napi_env, napi_value) { runtime::Die("an uncaught exception"); }

void napi_fatal_error(const char* location, size_t, const char* message, size_t) {
  runtime::Die("FATAL ERROR: %s %s", location == nullptr ? "" : location, message == nullptr ? "" : message);
}

napi_status napi_open_handle_scope(napi_env env, napi_handle_scope*) {
  Enter(env);
  return napi_ok;
}

napi_status napi_close_handle_scope(napi_env env, napi_handle_scope) {
  Enter(env);
  return napi_ok;
}
