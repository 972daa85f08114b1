#include "lease/listener.h"

#include <cerrno>
#include <utility>

namespace mapdirect {

int Listener::Open(napi_env env) {
  if (call_ != nullptr) return 0;
  napi_value name = nullptr;
  if (napi_create_string_latin1(env, "mapdirect", NAPI_AUTO_LENGTH, &name) != napi_ok) return -ECANCELED;
  if (napi_create_threadsafe_function(env, /*func=*/nullptr, /*async_resource=*/nullptr, name, /*max_queue_size=*/0,
                                      /*initial_thread_count=*/1, /*thread_finalize_data=*/nullptr,
                                      /*thread_finalize_cb=*/nullptr, /*context=*/this, Deliver, &call_) != napi_ok) {
    return -ECANCELED;
  }
  napi_unref_threadsafe_function(env, call_);
  const std::lock_guard<std::mutex> guard(lock_);
  open_ = true;
  return 0;
}

int Listener::Listen(napi_env env, napi_value function) {
  const int opened = Open(env);
  if (opened != 0) return opened;
  napi_ref reference = nullptr;
  if (napi_create_reference(env, function, /*initial_refcount=*/1, &reference) != napi_ok) return -ECANCELED;
  functions_.push_back(reference);
  return 0;
}

bool Listener::Notify(std::unique_ptr<Notice> notice) {
  const std::lock_guard<std::mutex> guard(lock_);
  if (!open_ || napi_call_threadsafe_function(call_, notice.get(), napi_tsfn_nonblocking) != napi_ok) return false;
  static_cast<void>(notice.release());  // Deliver owns it
  return true;
}

void Listener::Shut(napi_env env) {
  {
    const std::lock_guard<std::mutex> guard(lock_);
    open_ = false;
  }
  for (const napi_ref reference : std::exchange(functions_, {})) napi_delete_reference(env, reference);
}

// `env` is nullptr if the environment ends with notices in the queue. Then no JavaScript can run.
void Listener::Deliver(napi_env env, napi_value /*function*/, void* self, void* data) {
  const std::unique_ptr<Notice> notice(static_cast<Notice*>(data));
  if (env == nullptr) return;
  const std::int64_t detail = notice->mask == nullptr ? notice->detail : notice->mask->exchange(0);
  if (notice->mask != nullptr && detail == 0) return;  // the watch has ended
  napi_value receiver = nullptr;
  napi_value arguments[3] = {};
  napi_get_undefined(env, &receiver);
  napi_create_int32(env, static_cast<int>(notice->kind), &arguments[0]);
  napi_create_int64(env, notice->id, &arguments[1]);
  napi_create_int64(env, detail, &arguments[2]);
  const std::vector<napi_ref> functions = static_cast<Listener*>(self)->functions_;  // a function may add another one
  for (const napi_ref reference : functions) {
    napi_value function = nullptr;
    if (napi_get_reference_value(env, reference, &function) != napi_ok || function == nullptr) continue;
    if (napi_call_function(env, receiver, function, 3, arguments, /*result=*/nullptr) != napi_pending_exception)
      continue;
    bool thrown = false;  // false if the function did not run because the environment is ending
    if (napi_is_exception_pending(env, &thrown) != napi_ok || !thrown) continue;
    napi_value error = nullptr;
    napi_get_and_clear_last_exception(env, &error);
    napi_fatal_exception(env, error);  // an 'uncaughtException', as from any other callback
  }
}

}  // namespace mapdirect
