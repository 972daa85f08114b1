#include "listener.h"

#include <cerrno>

namespace mapdirect {

int Listener::Listen(napi_env env, napi_value function) {
  if (call_ != nullptr) return -EALREADY;
  napi_value name = nullptr;
  if (napi_create_string_latin1(env, "mapdirect", NAPI_AUTO_LENGTH, &name) != napi_ok) return -ECANCELED;
  if (napi_create_threadsafe_function(env, function, /*async_resource=*/nullptr, name, /*max_queue_size=*/0,
                                      /*initial_thread_count=*/1, /*thread_finalize_data=*/nullptr,
                                      /*thread_finalize_cb=*/nullptr, /*context=*/nullptr, Deliver,
                                      &call_) != napi_ok) {
    return -ECANCELED;
  }
  napi_unref_threadsafe_function(env, call_);
  const std::lock_guard<std::mutex> guard(lock_);
  open_ = true;
  return 0;
}

bool Listener::Tell(std::unique_ptr<Notice> notice) {
  const std::lock_guard<std::mutex> guard(lock_);
  if (!open_ || napi_call_threadsafe_function(call_, notice.get(), napi_tsfn_nonblocking) != napi_ok) return false;
  static_cast<void>(notice.release());  // Deliver has it
  return true;
}

void Listener::Shut() {
  const std::lock_guard<std::mutex> guard(lock_);
  open_ = false;
}

// `env` is nullptr when the environment ends with notices in the queue: then nothing of JavaScript works any more.
void Listener::Deliver(napi_env env, napi_value function, void* /*context*/, void* data) {
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
  if (napi_call_function(env, receiver, function, 3, arguments, /*result=*/nullptr) != napi_pending_exception) return;
  napi_value error = nullptr;
  napi_get_and_clear_last_exception(env, &error);
  napi_fatal_exception(env, error);  // an 'uncaughtException', as from any other callback
}

}  // namespace mapdirect
