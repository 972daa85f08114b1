#include "thread/mailbox.h"

#include <utility>

#include "thread/background.h"

namespace mapdirect {

std::shared_ptr<Mailbox> Mailbox::Open(napi_env env) {
  auto mailbox = std::make_shared<Mailbox>();
  mailbox->env_ = env;
  napi_value name = nullptr;
  if (napi_create_string_latin1(env, "mapdirect", NAPI_AUTO_LENGTH, &name) != napi_ok) return nullptr;
  if (napi_create_threadsafe_function(env, /*func=*/nullptr, /*async_resource=*/nullptr, name, /*max_queue_size=*/0,
                                      /*initial_thread_count=*/1, /*thread_finalize_data=*/nullptr,
                                      /*thread_finalize_cb=*/nullptr, /*context=*/mailbox.get(), Settle,
                                      &mailbox->call_) != napi_ok) {
    return nullptr;
  }
  napi_unref_threadsafe_function(env, mailbox->call_);
  return mailbox;
}

void Mailbox::Expect() {
  if (expected_++ == 0) napi_ref_threadsafe_function(env_, call_);
}

void Mailbox::Deliver(std::unique_ptr<background::Task> task) {
  const std::lock_guard<std::mutex> guard(lock_);
  if (!open_) return;
  if (napi_call_threadsafe_function(call_, task.get(), napi_tsfn_nonblocking) == napi_ok) {
    static_cast<void>(task.release());  // Settle owns it
  }
}

bool Mailbox::IsOpen() {
  const std::lock_guard<std::mutex> guard(lock_);
  return open_;
}

void Mailbox::Shut() {
  const std::lock_guard<std::mutex> guard(lock_);
  open_ = false;
}

// `env` is nullptr if the environment ends with tasks in the queue. Then no JavaScript can run.
void Mailbox::Settle(napi_env env, napi_value /*function*/, void* self, void* data) {
  const std::unique_ptr<background::Task> task(static_cast<background::Task*>(data));
  if (env == nullptr) return;
  auto* const mailbox = static_cast<Mailbox*>(self);
  if (--mailbox->expected_ == 0) napi_unref_threadsafe_function(env, mailbox->call_);
  napi_value result = nullptr;
  if (napi_create_double(env, static_cast<double>(task->Result()), &result) != napi_ok) return;
  static_cast<void>(napi_resolve_deferred(env, task->Deferred(), result));
}

}  // namespace mapdirect
